"""The folder of a run."""

import dataclasses
import json
import os
import shutil

import duckdb
import pytest
from pydantic import TypeAdapter

from badgateway.errors import ConfigurationError, ResultsError
from badgateway.model import raw
from badgateway.model.manifest import SCHEMA_VERSION, Environment, Manifest
from badgateway.model.trial import Disturbance, OutsidePart, TrialRecord, TrialStatus, Window
from badgateway.plan.schedule import schedule
from badgateway.plan.worker_checks import plan_worker_checks
from badgateway.store.run_folder import RunFolder
from tests.declared import experiment

ENVIRONMENT = Environment(
    system="Linux", cpu="a cpu", cores=2, memory_bytes=1, python="3.11", somaxconn=None, account="nobody", versions=()
)
MANIFEST = Manifest(
    schema_version=SCHEMA_VERSION,
    kit_version="0.1.0",
    command="badgateway run experiments/small.toml",
    started="2026-11-21T20:00:00Z",
    experiment=experiment(),
    environment=ENVIRONMENT,
    trials=schedule(experiment()),
)
RECORD = TrialRecord(
    trial=MANIFEST.trials[0],
    status=TrialStatus.COMPLETED,
    reason="",
    window=Window(start_s=3.0, end_s=13.0, drained_s=14.0),
    started_s=1.0,
    ended_s=16.0,
    load_s=12.5,
    generator_cpu_share=0.25,
)


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path / "results", MANIFEST)


@pytest.fixture
def raw_folder(tmp_path):
    path = tmp_path / "raw"
    path.mkdir()
    (path / raw.CLIENT_ROWS).write_text("rows")
    os.mkfifo(path / "app.sock")
    (path / "proxy_temp").mkdir()
    return path


def test_a_manifest_is_read_back_as_it_was_written(folder):
    assert folder.manifest() == MANIFEST


def test_the_worker_checks_of_an_earlier_version_are_found_under_the_name_of_then(folder):
    file = folder.path / "manifest.json"
    planned = dataclasses.replace(MANIFEST, worker_checks=plan_worker_checks(MANIFEST.experiment))
    written = json.loads(TypeAdapter(Manifest).dump_json(planned))
    file.write_text(json.dumps(written | {"diagnosis": written.pop("worker_checks")}))
    assert folder.manifest() == planned
    assert folder.worker_checks.path.name == "worker-checks"

    (folder.path / "diagnosis").mkdir()
    assert folder.worker_checks.path.name == "diagnosis"


def test_latest_points_to_the_newest_run_that_has_something_to_show(folder, tmp_path):
    folder.point_latest()
    newer = RunFolder.create(tmp_path / "results", MANIFEST)

    assert newer.path != folder.path
    assert RunFolder.open(tmp_path / "results" / "small").path == folder.path

    newer.point_latest()

    assert RunFolder.open(tmp_path / "results" / "small").path == newer.path
    assert RunFolder.open(tmp_path / "results" / "small" / "latest").path == newer.path


def test_a_run_that_came_to_nothing_can_be_discarded(folder):
    folder.discard()

    assert not folder.path.exists()


def test_a_run_that_kept_a_trial_is_never_discarded(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    folder.discard()

    assert folder.trial_folders() == (kept,)


def test_a_kept_trial_is_read_back_and_its_raw_folder_is_gone(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)

    assert folder.trial_folders() == (kept,)
    assert folder.record(kept) == RECORD
    assert sorted(path.name for path in kept.iterdir()) == [raw.CLIENT_ROWS, raw.FILES, raw.TRIAL]
    assert not raw_folder.exists()


def test_what_disturbed_a_trial_is_read_back(folder, raw_folder):
    disturbed = Disturbance(part=OutsidePart.DATABASE, what="MariaDB was stopped for 1.0 s", at_s=7.5, lasted_s=1.0)
    record = dataclasses.replace(RECORD, disturbances=(disturbed,))

    assert folder.record(folder.keep_trial(record, raw_folder)) == record


def test_a_record_of_the_time_before_disturbances_were_looked_for_has_none(folder, raw_folder):
    file = folder.keep_trial(RECORD, raw_folder) / raw.TRIAL
    fields = json.loads(file.read_text(encoding="utf-8"))
    del fields["disturbances"]
    file.write_text(json.dumps(fields), encoding="utf-8")

    assert folder.record(file.parent) == RECORD


def test_a_kept_trial_has_no_damage_and_its_ledger_is_none(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    folder.write_ledger(kept, duckdb.sql("select 1 as status"))

    assert folder.damages(kept) == ()


def test_a_record_in_which_another_configuration_was_written_is_altered(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    text = (kept / raw.TRIAL).read_text(encoding="utf-8")
    (kept / raw.TRIAL).write_text(text.replace(f'"{RECORD.trial.configuration}"', '"another"'), encoding="utf-8")

    assert folder.damages(kept) == (
        Disturbance(part=OutsidePart.BOOKS, what="trial.json was altered since it was stored"),
    )


def test_a_trial_that_was_copied_to_count_twice_is_damaged(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    copy = shutil.copytree(kept, kept.with_name(f"009{RECORD.trial.id[3:]}"))

    with pytest.raises(ResultsError, match=rf"damaged: it is of the trial {RECORD.trial.id}$"):
        folder.record(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("generator_cpu_share", "NaN"),
        ("generator_cpu_share", "-0.1"),
        ("ended_s", "Infinity"),
        ("load_s", "-24.2"),
        ("ended_s", "0.5"),
        ("window", '{"start_s": 13.0, "end_s": 3.0, "drained_s": 14.0}'),
        ("window", '{"start_s": 3.0, "end_s": NaN, "drained_s": 14.0}'),
        ("machine", '{"steal_share": NaN, "outside_share": 0, "clock_step_s": 0, "allowed": {}}'),
        ("machine", '{"steal_share": 0, "outside_share": 0, "clock_step_s": NaN, "allowed": {}}'),
        ("sending", '{"arrivals": -1, "missed_arrivals": 0, "send_lag_p99_ms": 1}'),
    ],
)
def test_a_record_with_a_number_that_cannot_be_is_damaged(key, value, folder, raw_folder):
    file = folder.keep_trial(RECORD, raw_folder) / raw.TRIAL
    fields = json.loads(file.read_text(encoding="utf-8"))
    fields[key] = "PLACE"
    file.write_text(json.dumps(fields).replace('"PLACE"', value), encoding="utf-8")

    with pytest.raises(ResultsError, match=r"trial\.json: damaged"):
        folder.record(file.parent)


def test_a_trial_that_was_being_kept_when_the_kit_died_does_not_count(folder):
    half = folder.trials_path / f".{RECORD.trial.id}"
    half.mkdir()
    (half / raw.TRIAL).write_text("{}")

    assert folder.trial_folders() == ()


def test_a_ledger_is_stored_as_parquet(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)

    folder.write_ledger(kept, duckdb.sql("select 1 as status union all select 2 order by 1"))

    assert duckdb.read_parquet(str(kept / raw.LEDGER)).fetchall() == [(1,), (2,)]


def test_a_ledger_has_the_same_bytes_every_time(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    texts = []
    for _ in range(2):
        folder.write_ledger(kept, duckdb.sql("select i, i % 7 as status from range(100000) numbers(i) order by i"))
        texts.append((kept / raw.LEDGER).read_bytes())

    assert texts[0] == texts[1]


def test_a_folder_without_a_run_is_refused_with_an_example(tmp_path):
    with pytest.raises(ConfigurationError, match=r"holds no run.*results/concurrency/latest"):
        RunFolder.open(tmp_path)
    with pytest.raises(ConfigurationError, match=r"nowhere: no such folder; .*results/concurrency/latest"):
        RunFolder.open(tmp_path / "nowhere")


def test_a_manifest_of_another_schema_is_refused(folder):
    file = folder.path / raw.MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 99}))

    with pytest.raises(
        ResultsError, match=r"schema version 99, written by badgateway 0.1.0; this kit reads 2: .* or run it anew"
    ):
        folder.manifest()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_manifest_is_refused(folder, text):
    (folder.path / raw.MANIFEST).write_text(text)

    with pytest.raises(ResultsError, match="damaged"):
        folder.manifest()


def test_a_damaged_record_is_refused(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    (kept / raw.TRIAL).write_text("{}")

    with pytest.raises(ResultsError, match="damaged"):
        folder.record(kept)


def test_results_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "results").write_text("a file")

    with pytest.raises(ResultsError, match="cannot be written"):
        RunFolder.create(tmp_path / "results", MANIFEST)


def test_a_file_that_cannot_be_written_is_told(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    for blocked in (folder.path / "report.md", kept / raw.LEDGER):
        blocked.mkdir()

    with pytest.raises(ResultsError, match=r"report\.md: cannot be written: Is a directory"):
        folder.write_text("report.md", "text")
    with pytest.raises(ResultsError, match=r"ledger\.parquet: cannot be written"):
        folder.write_ledger(kept, duckdb.sql("select 1"))


def test_the_newest_run_is_the_one_that_was_begun_last_whatever_latest_says(tmp_path, folder):
    folder.point_latest()
    newer = RunFolder.create(tmp_path / "results", MANIFEST)
    os.utime(newer.path / raw.MANIFEST, (2e9, 2e9))

    assert RunFolder.newest(tmp_path / "results", MANIFEST.experiment.name).path == newer.path


def test_without_a_run_there_is_no_newest(tmp_path):
    with pytest.raises(ResultsError, match=r"small: holds no run to resume; start one without --resume"):
        RunFolder.newest(tmp_path, "small")


def test_a_trial_that_is_discarded_is_gone_and_half_a_trial_is_no_trial(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    half = folder.trials_path / ".007-half"
    half.mkdir()

    assert folder.unfinished() == (half,)
    assert folder.trial_folders() == (kept,)
    for one in (kept, half):
        folder.discard_trial(one)
    assert list(folder.trials_path.iterdir()) == []


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("root:hash")
    return file


def test_a_report_is_not_written_through_a_link_that_came_with_the_folder(folder, secret):
    for name in (".report.html", "report.html"):
        (folder.path / name).symlink_to(secret)
    folder.write_text("report.html", "text")

    assert secret.read_text() == "root:hash"
    assert (folder.path / "report.html").read_text() == "text"
    assert not (folder.path / "report.html").is_symlink()


def test_neither_is_a_ledger(folder, raw_folder, secret):
    kept = folder.keep_trial(RECORD, raw_folder)
    for name in ("ledger.unfinished", raw.LEDGER):
        (kept / name).symlink_to(secret)
    folder.write_ledger(kept, duckdb.sql("select 1 as one"))

    assert secret.read_text() == "root:hash"
    assert duckdb.read_parquet(str(kept / raw.LEDGER)).fetchall() == [(1,)]


def test_links_in_a_raw_folder_are_not_kept(folder, raw_folder, secret):
    (raw_folder / "planted").symlink_to(secret)
    kept = folder.keep_trial(RECORD, raw_folder)

    assert not os.path.lexists(kept / "planted")


def test_a_link_in_place_of_the_manifest_is_refused_by_its_name_and_its_content_never_told(folder, secret):
    (folder.path / raw.MANIFEST).unlink()
    (folder.path / raw.MANIFEST).symlink_to(secret)

    with pytest.raises(ResultsError, match=r"manifest\.json: is a symbolic link where a regular file") as refusal:
        folder.manifest()

    assert "hash" not in str(refusal.value)


def test_a_link_in_place_of_a_record_is_too(folder, raw_folder, secret):
    kept = folder.keep_trial(RECORD, raw_folder)
    (kept / raw.TRIAL).unlink()
    (kept / raw.TRIAL).symlink_to(secret)

    with pytest.raises(ResultsError, match=r"trial\.json: is a symbolic link where a regular file belongs") as refusal:
        folder.record(kept)

    assert "hash" not in str(refusal.value)


def test_a_link_in_place_of_the_trials_leads_nowhere(folder, raw_folder, tmp_path):
    kept = folder.keep_trial(RECORD, raw_folder)
    kept.parent.rename(tmp_path / "elsewhere")
    folder.trials_path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ResultsError, match="trials: is a link or no folder"):
        folder.trial_folders()


def test_a_latest_that_leads_out_of_its_folder_is_refused(folder, tmp_path):
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "latest").symlink_to(folder.path)

    with pytest.raises(ResultsError, match=rf"latest: leads to {folder.path}, out of its folder"):
        RunFolder.open(tmp_path / "sent")


def test_a_manifest_or_record_without_end_is_not_read_whole(folder, raw_folder):
    kept = folder.keep_trial(RECORD, raw_folder)
    for file in (folder.path / raw.MANIFEST, kept / raw.TRIAL):
        os.truncate(file, 1 << 32)
        with pytest.raises(ResultsError, match=rf"{file.name}: .* more than 64 MiB|{file.name}: .* larger than 64 MiB"):
            folder.manifest() if file.name == raw.MANIFEST else folder.record(kept)


def test_the_files_of_trials_lie_beside_the_reports_unless_those_are_kept_apart(folder, raw_folder, tmp_path):
    kept = folder.keep_trial(RECORD, raw_folder)
    (folder.trials_path / "017-elsewhere-50u").symlink_to(tmp_path)

    assert f"trials/{kept.name}/{raw.TRIAL}" in folder.beside_reports()
    assert {name.split("/")[1] for name in folder.beside_reports()} == {kept.name}
    assert dataclasses.replace(folder, derived=tmp_path / "out").beside_reports() == frozenset()
