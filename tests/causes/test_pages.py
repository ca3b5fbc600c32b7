"""docs/causes agrees with the definitions."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from badgateway.causes import BY_ID, CAUSES
from badgateway.causes.pages import COMMAND, pages, render_index, render_page, write_pages
from badgateway.causes.symptoms import SYMPTOMS

DOCS = Path(__file__).parents[2] / "docs" / "causes"


def test_the_pages_are_those_of_the_definitions():
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*")}
    assert written == pages(), f"docs/causes differs from badgateway/causes: run {COMMAND}"


def test_a_page_says_what_to_look_for_and_what_to_change():
    page = render_page(BY_ID["listen-queue-full"])
    assert "(11: Resource temporarily unavailable)" in page
    assert "3. Give the queue room" in page
    assert "   - uWSGI: **listen**\n   - Gunicorn: **backlog**\n" in page
    assert "## What it is not" in page


def test_a_page_without_a_double_leaves_that_part_out():
    assert "## What it is not" not in render_page(BY_ID["rate-limited"])


def test_the_index_leads_to_every_cause_and_to_nothing_else():
    links = set(re.findall(r"\]\(([a-z0-9-]+)\.md\)", render_index()))
    assert links == {cause.id for cause in CAUSES}


def test_every_cause_is_found_by_what_one_sees():
    seen = {cause_id for _, rows in SYMPTOMS for _, causes in rows for cause_id in causes}
    assert seen == set(BY_ID)


def test_ids_that_texts_mention_exist():
    for cause in CAUSES:
        mentioned = re.findall(r"\b(?:[a-z0-9]+-){2,}[a-z0-9]+\b", cause.explanation)
        assert [word for word in mentioned if word not in BY_ID and word not in _SETTINGS] == []


_SETTINGS = {"evil-reload-on-rss", "max-worker-lifetime", "worker-reload-mercy", "workers-kill-timeout"}


def test_old_pages_are_deleted(tmp_path):
    (tmp_path / "gone.md").write_text("a cause that is no more", encoding="utf-8")
    write_pages(tmp_path / "causes")
    write_pages(tmp_path)
    assert {path.name for path in tmp_path.glob("*.md")} == set(pages())


def test_the_command_writes_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pages", str(tmp_path)])
    # Run as a program, as the command does; a second import under another name is what is wanted here.
    with pytest.warns(RuntimeWarning, match="found in sys.modules"):
        runpy.run_module("badgateway.causes.pages", run_name="__main__")
    assert (tmp_path / "index.md").is_file()


@pytest.mark.parametrize("given", [[], ["--help"], ["one", "two"]])
def test_the_command_takes_no_option_for_a_folder(given, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pages", *given])
    monkeypatch.chdir(tmp_path)

    with pytest.warns(RuntimeWarning, match="found in sys.modules"), pytest.raises(SystemExit, match="usage: python"):
        runpy.run_module("badgateway.causes.pages", run_name="__main__")
    assert list(tmp_path.iterdir()) == []
