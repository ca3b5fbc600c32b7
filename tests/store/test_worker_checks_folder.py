"""The part of a run's folder that is not about its trials."""

import pytest

from badgateway.errors import ResultsError
from badgateway.model import raw
from badgateway.model.worker_checks import ConnectCost
from badgateway.store.worker_checks_folder import WorkerChecksFolder
from tests.report.worker_check_samples import LATE_PATCH, WORKER_CHECKS
from tests.store.test_run_folder import RECORD

COSTS = (ConnectCost(client="a driver", connects=20, median_ms=None, cpu_ms=None, problem="no module"),)


@pytest.fixture
def folder(tmp_path):
    return WorkerChecksFolder(path=tmp_path / "run" / "worker-checks")


@pytest.fixture
def filled(tmp_path):
    def make(name):
        path = tmp_path / name
        path.mkdir()
        (path / raw.SERVER_LOG).write_text(name)
        return path

    (tmp_path / "run").mkdir()
    return make


def test_without_anything_kept_there_is_nothing_to_read(folder):
    assert (folder.proofs(), folder.trials(), folder.costs()) == ((), (), None)
    assert not folder.path.exists()


def test_proofs_are_read_back_with_their_logs_in_the_order_they_were_made(folder, filled):
    folder.keep_proof(10, LATE_PATCH, filled("b"))
    folder.keep_proof(2, WORKER_CHECKS.proofs[0], filled("a"))

    assert [proof for _, proof in folder.proofs()] == [WORKER_CHECKS.proofs[0], LATE_PATCH]
    assert [(path / raw.SERVER_LOG).read_text() for path, _ in folder.proofs()] == ["a", "b"]


def test_what_the_journal_says_is_not_kept_a_second_time(folder, filled):
    assert WORKER_CHECKS.proofs[-1].blocked_by
    folder.keep_proof(1, WORKER_CHECKS.proofs[-1], filled("a"))
    ((_, kept),) = folder.proofs()

    assert kept.blocked_by == ()


def test_trials_and_costs_are_read_back_as_they_were_written(folder, filled):
    path = folder.keep_trial(RECORD, filled("a"))
    folder.keep_costs(COSTS)

    assert folder.trials() == ((path, RECORD),)
    assert folder.costs() == COSTS


def test_a_half_written_folder_is_not_read(folder, filled):
    path = folder.keep_trial(RECORD, filled("a"))
    path.rename(path.with_name(f".{path.name}"))

    assert folder.trials() == ()


def test_a_folder_that_cannot_be_written_is_one_line(folder, filled):
    folder.path.write_text("a file")

    with pytest.raises(ResultsError, match="cannot be written"):
        folder.keep_costs(COSTS)
    with pytest.raises(ResultsError, match="cannot be written"):
        folder.keep_proof(1, LATE_PATCH, filled("a"))


def test_links_that_came_with_the_folder_are_neither_read_nor_written_through(folder, filled, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hash")
    folder.keep_trial(RECORD, filled("a"))
    for name in ("connect-costs.unfinished", raw.CONNECT_COSTS):
        (folder.path / name).symlink_to(secret)

    with pytest.raises(ResultsError, match=r"connect-costs\.json: is a symbolic link"):
        folder.costs()
    folder.keep_costs(COSTS)

    assert secret.read_text() == "hash"
    assert folder.costs() == COSTS


@pytest.mark.parametrize("name", ["", "trials"])
def test_a_link_in_place_of_its_folders_leads_nowhere(name, folder, filled, tmp_path):
    folder.keep_trial(RECORD, filled("a"))
    (folder.path / name).rename(tmp_path / "elsewhere")
    (folder.path / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ResultsError, match="is a link or no folder"):
        folder.trials()
