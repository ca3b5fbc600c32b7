"""What is missing, shorter or altered since a trial was stored is said by its name."""

import os

import pytest

from badgateway.model import raw
from badgateway.store.file_list import damages, write_list

pytestmark = pytest.mark.fault("damage", always=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / raw.JOURNAL).write_text("start\n" * 100)
    (tmp_path / raw.ERROR_LOG).write_text("")
    (tmp_path / raw.SAMPLES).write_text("time_s\n" + "1\n" * 100)
    write_list(tmp_path)
    return tmp_path


def test_a_folder_that_is_as_it_was_has_no_damage(folder):
    assert damages(folder) == ()


def test_what_was_empty_when_it_was_stored_may_be_empty(folder):
    assert (folder / raw.ERROR_LOG).stat().st_size == 0
    assert damages(folder) == ()


def test_what_came_later_is_not_in_the_list(folder):
    (folder / raw.LEDGER).write_text("derived")
    (folder / ".DS_Store").write_text("of a file manager")

    assert damages(folder) == ()


def test_a_file_that_is_gone_is_missing(folder):
    (folder / raw.JOURNAL).unlink()

    assert damages(folder) == ("app-journal.csv is missing",)


def test_a_file_that_was_cut_says_how_much_is_left(folder):
    os.truncate(folder / raw.SAMPLES, 107)

    assert damages(folder) == ("samples.csv is shorter than when it was stored (107 of 207 bytes)",)


@pytest.mark.parametrize("text", ["begin\n" * 100, "start\n" * 101])
def test_a_file_with_another_content_or_a_longer_one_was_altered(text, folder):
    (folder / raw.JOURNAL).write_text(text)

    assert damages(folder) == ("app-journal.csv was altered since it was stored",)


def test_all_damages_are_told(folder):
    (folder / raw.JOURNAL).unlink()
    os.truncate(folder / raw.SAMPLES, 0)

    assert len(damages(folder)) == 2


@pytest.mark.parametrize("text", ["", "{}", '[{"name": "../x", "length_bytes": 1, "sha256": ""}]', "[null]"])
def test_a_damaged_list_proves_nothing(text, folder):
    (folder / raw.FILES).write_text(text)

    assert damages(folder) == ("files.json is damaged, which lists the trial's files",)


def test_a_trial_without_its_list_is_damaged(folder):
    (folder / raw.FILES).unlink()

    assert damages(folder) == ("files.json is missing, which lists the trial's files",)


def test_a_link_or_a_pipe_in_a_files_place_is_not_read(folder):
    for name in (raw.JOURNAL, raw.ERROR_LOG):
        (folder / name).unlink()
    (folder / raw.JOURNAL).symlink_to("/etc/hostname")
    os.mkfifo(folder / raw.ERROR_LOG)
    found = damages(folder)

    assert [what.partition(": ")[0] for what in found] == [
        "app-journal.csv cannot be read",
        "nginx-error.log cannot be read",
    ]


@pytest.mark.parametrize("name", [raw.SAMPLES, raw.TRIAL, f"{raw.CLIENT_ROWS}.gz"])
def test_what_a_report_reads_and_the_list_lacks_is_damaged(name, folder):
    (folder / name).unlink(missing_ok=True)
    (folder / raw.FILES).unlink()
    write_list(folder)
    (folder / name).write_text("put there later")

    assert damages(folder) == (f"{name} is not in files.json, so nobody knows whether it was altered",)
