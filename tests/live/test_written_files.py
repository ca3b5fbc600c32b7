"""The files of a deployment, started as they are written: each server comes up as it was asked to, and stops gently."""

import json
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath

import click
import psutil
import pytest

from badgateway.analysis.file_proof import FileProof, ProofKind
from badgateway.cli.proving import Turn, experiment_of, prove
from badgateway.emit.document import read_document
from badgateway.emit.files import files_of, proxy_path
from badgateway.emit.subject import subject, subject_of
from badgateway.model import raw as raw_files
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.study import MachineLimits
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options
from badgateway.stack.deployment import Deployment
from badgateway.stack.unit_check import unit_faults
from badgateway.stack.written_deployment import WrittenFiles, deploy_written
from badgateway.study.prove_files import WrittenEffects, prove_files
from tests.emit.subjects import EVERY_KIND, ROOT, chosen
from tests.live.conftest import SchoolDatabase, _reachable_folder
from tests.live.faults.kit import Kit
from tests.live.own_sites import repository
from tests.live.test_own_site import DJANGO, SHOP

pytestmark = pytest.mark.live

IN_EVERY_RUN = ("uwsgi-16", "gunicorn-gthread")
KINDS = [
    pytest.param(name, marks=() if name in IN_EVERY_RUN else pytest.mark.proof)
    for name in (*EVERY_KIND, "uwsgi-gevent-pool", "gunicorn-gevent-lazy")
]
ATTEMPTS = 3
LADDER = "experiments/concurrency.toml"
RUN = "results/concurrency-subset/latest"
Start = Callable[[str], AbstractContextManager[Deployment]]


def written(name: str) -> WrittenFiles:
    subject = chosen(name)
    return WrittenFiles(subject=subject, texts={file.path: file.text for file in files_of(subject)})


@pytest.fixture
def started(school_database: SchoolDatabase, raw_folder: Path) -> Start:
    """Return a function that starts the files of one of the ladder's configurations."""
    school = school_database

    def start(name: str) -> AbstractContextManager[Deployment]:
        files = written(name)
        return deploy_written(
            files,
            school.experiment,
            files.subject.configuration,
            database=school.database,
            snapshot=school.snapshot,
            raw=raw_folder,
            account=school.account,
        )

    return start


def get(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def workers_of(pid: int, awaited: int) -> int:
    """Return how many processes a server has below its first, once there are as many as awaited, or after 5 s."""
    end_s = time.monotonic() + 5
    while (found := len(psutil.Process(pid).children(recursive=True))) < awaited and time.monotonic() < end_s:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_the_files_start_the_server_that_was_measured_and_stop_it_without_cutting_anything_off(
    name: str, started: Start, raw_folder: Path
):
    configuration = chosen(name).configuration
    wanted = configuration.least_workers or configuration.workers
    with started(name) as deployment:
        workers = workers_of(deployment.parts["server"], wanted)
        page = get(f"{deployment.url}/members/?page=2")
        with ThreadPoolExecutor(1) as threads:
            slow = threads.submit(get, f"{deployment.url}/wait/?db_ms=700")
            time.sleep(0.3)
            # As systemd does it: to the first process alone.
            os.kill(deployment.parts["server"], signal.SIGTERM)
            answer = slow.result()

    assert isinstance(page, dict)
    assert page["page"] == 2
    assert workers >= wanted
    assert answer == {"db_ms": 700}
    rows = [json.loads(line) for line in (raw_folder / raw_files.ACCESS_LOG).read_text().splitlines()]
    assert {row["status"] for row in rows} == {200}
    assert not (raw_folder / raw_files.JOURNAL).exists()


@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_systemd_takes_the_unit(name: str):
    files = written(name)
    place = files.subject.place
    text = next(text for path, text in files.texts.items() if path.suffix == ".service")
    faults = unit_faults(f"{place.name}.service", text)
    if faults is None:
        pytest.skip("this machine has no systemd-analyze")

    assert faults == ()
    assert unit_faults(f"{place.name}.service", text.replace("KillMode=", "KilMode=")) != ()


@pytest.mark.proof
@pytest.mark.parametrize("name", IN_EVERY_RUN)
def test_a_trial_of_the_files_is_counted_as_those_of_a_run_are(name: str):
    files = written(name)
    whole = load_experiment(ROOT / "experiments" / "concurrency.toml")
    one = with_options(whole, only=[name], users=[5], window_s=2)
    # Whatever else this machine does.
    one = one.model_copy(update={"machine": MachineLimits(max_steal_share=1, max_outside_share=1)})
    summary = prove_files(one, LoadLevel(5, LoadUnit.USERS), ROOT, WrittenEffects(files))

    assert summary.measurement is not None, summary.reasons
    assert summary.measurement.requests > 5
    assert summary.measurement.failures.count == 0


@contextmanager
def measured_of(*names: str) -> Iterator[Path]:
    """A project with a run of three trials of each of some configurations."""
    with _reachable_folder(None) as folder:
        folder.chmod(0o711)
        for name in ("app", "servers", "experiments"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        with (folder / LADDER).open("a") as file:
            # Whatever else this machine does.
            file.write("\n[machine]\nmax_steal_share = 1\nmax_outside_share = 1\n")
        only = [word for name in names for word in ("--only", name)]
        size = ("--users", "20", "--window", "2", "--blocks", "3", "--no-worker-checks")
        ran = Kit(folder, "run", LADDER, *only, *size)
        assert ran.end(600) in (0, 1, 3), ran.errors
        yield folder


@pytest.fixture(scope="module")
def measured() -> Iterator[Path]:
    """A project with a run of three trials of each kind of server."""
    with measured_of(*EVERY_KIND) as folder:
        yield folder


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", EVERY_KIND)
def test_what_is_emitted_of_each_kind_does_what_its_run_measured(name: str, measured: Path):
    for attempt in range(ATTEMPTS):
        out = f"deploy-{name}-{attempt}"
        proven = Kit(measured, "emit", RUN, name, "--out", out, "--prove", "--beside", "--experiment", LADDER)
        status = proven.end(120)
        assert status in {0, 1, 3}, proven.errors
        page = (measured / out / "PROOF.md").read_text()
        assert "of 20 users for 2 s" in page
        if "this machine, or the site, is not as it was in the run" not in page:
            break
    else:
        pytest.skip(f"this machine is busier than it was in the run: {page}")

    assert status == 0, (page, proven.errors)
    assert "**AS MEASURED.**" in page


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_another_trial_of_what_the_run_had_tells_whether_the_files_or_the_site_are_to_blame():
    name = "gunicorn-gthread"
    run = f"results/concurrency-{name}/latest"
    with measured_of(name) as folder:
        proof, page = proven_with(folder, run, name, "proxy_read_timeout 5s;", "proxy_read_timeout 20ms;")
        assert proof.kind is ProofKind.DIFFERENT, page
        assert "failed requests is not where the run's trials put it" in page
        assert "one more trial of what the run had, right after it, is not so: failed requests 0" in page

        with (folder / "app" / "school_site" / "urls.py").open("a") as file:
            # Two of four: a site that never asks the run's database is none to measure.
            file.write(
                '\nurlpatterns = [each for each in urlpatterns if str(each.pattern) not in {"wait/", "members/"}]\n'
            )
        again = Kit(folder, "emit", run, name, "--out", "deploy", "--prove", "--beside", "--experiment", LADDER)
        status = again.end(120)
        page = (folder / "deploy" / "PROOF.md").read_text()

    assert status == 3, (page, again.errors)
    assert "is so too (failed requests" in page
    assert "this machine, or the site, is not as it was in the run" in page


def proven_with(folder: Path, run: str, name: str, before: str, after: str) -> tuple[FileProof, str]:
    """Prove what would be written of a run, with a fault in it that emit itself refuses to start."""
    report = folder / run / "report.json"
    document = read_document(report.read_bytes(), PurePosixPath(run))
    measurements, configuration = subject_of(document, name, source=run)
    of = subject(document, measurements, (folder / configuration.server).read_text(), source=run)
    texts = {file.path: file.text for file in files_of(of)}
    path = proxy_path(of)
    assert texts[path].count(before) == 1
    texts[path] = texts[path].replace(before, after)
    asked = experiment_of(of, folder, folder / LADDER)
    with click.Context(click.Command("emit")):
        return prove(of, texts, *asked, folder / "faulty", Turn(wait_s=0, beside=True))


@pytest.mark.proof
def test_the_answer_for_a_site_of_the_users_own_is_started_as_it_is_written():
    whose = ("gunicorn", "packaging")
    with _reachable_folder(None) as folder:
        folder.chmod(0o711)
        shop = repository(folder, "django_postgres", (*DJANGO, *whose))
        program = shop / ".venv" / "bin" / "gunicorn"
        program.write_text(f"#!{shop}/.venv/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n")
        program.chmod(0o755)
        (shop / "badgateway.toml").write_text(SHOP)
        ran = Kit(shop, "run", "--no-worker-checks")
        assert ran.end(90) in (0, 3), ran.errors
        proven = Kit(shop, "emit", "results/shop/latest", "threads", "--out", "deploy", "--prove", "--beside")
        status = proven.end(90)
        page = (shop / "deploy" / "PROOF.md").read_text()

    # One trial of a run is no noise to hold another to.
    assert status == 3, proven.errors
    assert "the run has 1 trials of it at this load" in page
    assert "| failed requests | 0 |" in page
    assert 'nginx/shop.conf: alias "/srv/shop/staticfiles/";' in page
