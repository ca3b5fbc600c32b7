#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.5", "uv"]
# ///
"""The sessions: each brings the kit's one environment up to date and calls the badgateway command."""

import hashlib
import json
import os
import random
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox
from nox.command import CommandFailed

# Sessions start Python a thousand times: without kept bytecode each start compiles the kit and Locust anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
LOCK = ROOT / "constraints" / "kit.txt"


def open_to_all(directory: Path) -> bool:
    """Tell whether an unprivileged account can reach a directory."""
    return all(parent.stat().st_mode & 0o001 for parent in (directory, *directory.parents))


def environment_home() -> Path:
    """Return where the kit's environment goes: .nox, unless the servers' unprivileged account cannot reach it there."""
    if os.geteuid() != 0 or open_to_all(ROOT):
        return ROOT / ".nox"
    return Path("/var/cache/badgateway") / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]


# One environment for all sessions but one: it takes a minute to compile and serves every one of them.
KIT = environment_home() / "kit"
LIGHT = environment_home() / "unit"
PAGES = environment_home() / "docs"
PAGES_LOCK = ROOT / "constraints" / "docs.txt"
TIMES = environment_home() / "times.jsonl"
MEANWHILE = environment_home() / "meanwhile.txt"
COVERED_BESIDE = environment_home() / "coverage-of-pure-rooms"

PURE_ROOMS = (
    "model",
    "servers",
    "databases",
    "words",
    "plan",
    "ledger",
    "logs",
    "causes",
    "judge",
    "report",
    "emit",
    "search",
    "analysis",
    "draft",
)
PURE_MODULES = ("errors", "numbers", "registry")
PURE_CODE = ",".join(
    [*(f"badgateway/{room}/*" for room in PURE_ROOMS), *(f"badgateway/{name}.py" for name in PURE_MODULES)]
)
# Of the other rooms nobody asks it, and to follow all that their tests do takes long.
COVERED = [*(f"--cov=badgateway/{room}" for room in PURE_ROOMS), *(f"--cov=badgateway.{name}" for name in PURE_MODULES)]
# Of tests that are many alike: all of them are run by the session proofs, another part each time by all others.
A_PART = ["--corpus", "0.1"]
# Of those that explain logs, which take half of the time: all of them are run by the sessions tests and proofs.
A_FIFTH = ["--explaining", "0.2"]
# Named, for to collect all tests takes each of pytest's processes seconds.
LIVE = "tests/live"
# More at a time than there are cores, for most of the time they wait: for a server, a limit, a child's end.
BESIDE = "3"
UNIT_TESTS = [
    *(f"tests/{room}" for room in PURE_ROOMS),
    *(f"tests/test_{name}.py" for name in PURE_MODULES),
    "tests/simulation",
    "tests/docs",
]
# Without a cache: the live tests keep there, at the same time, which of them failed.
PURE = [
    *("-m", "not live", "--numprocesses", "auto", "--timeout", "600", "-p", "no:cacheprovider"),
    *(*A_PART, *COVERED, "--cov-report", "", *UNIT_TESTS),
]
# Nice alone counts only among what one terminal started: Linux shares its time out between sessions first.
LEFT_OVER = 'echo 19 > /proc/self/autogroup; chrt --idle 0 true && exec chrt --idle 0 "$@"; exec nice -n 19 "$@"'


def other_tests() -> list[str]:
    """Return the tests that are neither live nor of the pure rooms: they start processes, and look at the clock."""
    rooms = (path.parent for path in (ROOT / "tests").glob("*/__init__.py"))
    named = sorted(str(path.relative_to(ROOT)) for path in (*rooms, *(ROOT / "tests").glob("test_*.py")))
    return [name for name in named if name != LIVE and name not in UNIT_TESTS]


def marked(mark: str) -> list[str]:
    """Return the files of live tests in which a mark stands: to collect all of them takes as long as some tests."""
    files = sorted((ROOT / LIVE).rglob("test_*.py"))
    return [str(file.relative_to(ROOT)) for file in files if f"mark.{mark}" in file.read_text("utf-8")]


def configuration_names(experiment: str) -> list[str]:
    """Return the names of an experiment's configurations; the experiment file is their only home."""
    text = (ROOT / "experiments" / f"{experiment}.toml").read_text(encoding="utf-8")
    return [configuration["name"] for configuration in tomllib.loads(text)["configurations"]]


def install(session: nox.Session) -> None:
    """Make the kit's environment what the lock file says; return at once when it already is."""
    made = ["install", "--no-deps", "--no-build-isolation", "--editable", "."]
    make(session, KIT, ["sync", "--require-hashes", str(LOCK)], made, compiled=SERVED)


def install_light(session: nox.Session) -> None:
    """Make the environment of the pure rooms, of wheels alone."""
    steps = ["install", "--no-build", "--constraint", str(LOCK), "--group", "unit", "-r", "pyproject.toml"]
    make(session, LIGHT, steps)


def make(
    session: nox.Session, home: Path, *steps: list[str], compiled: tuple[str, ...] = (), lock: Path = LOCK
) -> None:
    """Make an environment by steps of `uv pip`; return at once when they, and what they depend on, are as they were."""
    interpreter, stamp = home / "interpreter.txt", home / "installed.txt"
    given = [lock.read_text("utf-8"), (ROOT / "pyproject.toml").read_text("utf-8")]
    wanted = "\n".join([str(ROOT), *map(shlex.join, steps), *given])
    if not (interpreter.exists() and interpreter.read_text("utf-8") == sys.version):
        session.log(f"making the environment {home}{' (uWSGI and mysqlclient are compiled)' if home == KIT else ''}")
        uv(session, "venv", "--clear", "--python", sys.executable, str(home))
        interpreter.write_text(sys.version, "utf-8")
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        for command, *arguments in steps:
            uv(session, "pip", command, "--python", str(home), *arguments)
        places = [str(place) for name in compiled for place in home.glob(f"lib/python*/site-packages/{name}")]
        if places:
            session.run_install(str(home / "bin" / "python"), "-m", "compileall", "-qq", "-j0", *places, external=True)
        stamp.write_text(wanted, "utf-8")


def uv(session: nox.Session, *arguments: str) -> None:
    """Run the uv that came with nox, or the one on the PATH."""
    beside_nox = Path(sys.executable).with_name("uv")
    session.run_install(str(beside_nox) if beside_nox.exists() else "uv", "--quiet", *arguments, external=True)


def run(session: nox.Session, command: str, *arguments: str, success_codes: tuple[int, ...] = (0,)) -> None:
    """Run a command of the kit's environment."""
    install(session)
    # nox kills a session 0.3 s after Ctrl-C; the kit needs longer to stop its servers and keep what it measured.
    session.run(
        str(KIT / "bin" / command),
        *arguments,
        external=True,
        interrupt_timeout=60,
        terminate_timeout=30,
        success_codes=success_codes,
        # So that the report can tell how to do it again.
        env={
            "BADGATEWAY_STARTED_AS": shlex.join(
                ["./lab", session.name, *(["--", *session.posargs] if session.posargs else [])]
            )
        },
    )


nox.needs_version = ">=2025.5"
nox.options.sessions = ["compare"]
nox.options.default_venv_backend = "none"

# What sites import. As root, their account may not write here: each start of a server would compile it anew.
SERVED = (
    *("django", "asgiref", "sqlparse", "django_tasks", "django_tasks_db", "dj_db_conn_pool", "sqlalchemy"),
    *("pymysql", "MySQLdb", "psycopg", "psycopg_pool", "psycopg_binary", "psycopg2", "psycogreen"),
    *("gunicorn", "granian", "uvicorn", "uvloop", "httptools", "gevent", "greenlet", "zope"),
    *("xlsxwriter", "xlwt", "zipstream"),
)
SERVERS = "experiments/servers.toml"
CONCURRENCY = "experiments/concurrency.toml"
EXPORT = "experiments/export.toml"
POSTGRESQL = "experiments/postgresql.toml"
STORY_502 = "experiments/story-502.toml"
STORY_DEATHS = "experiments/story-502-deaths.toml"
STORY_LOAD = "experiments/story-502-load.toml"
STORY_RATE = "experiments/story-502-rate.toml"
STORY_WAVES = "experiments/story-502-waves.toml"
STORY_CORES = "experiments/story-502-cores.toml"
STORY_INSTANCES = "experiments/story-502-instances.toml"
STORY_SIZES = "experiments/story-502-sizes.toml"
STORY_MEMORY = "experiments/story-502-memory.toml"
STORY_504 = "experiments/story-504.toml"
STORY_504_OFTEN = "experiments/story-504-often.toml"
STORY_504_FULL = "experiments/story-504-full.toml"
EXPORT_SERVERS = "experiments/export-servers.toml"
# That none qualifies, or that the trials do not decide, is an answer and no failed session.
ANSWERED = (0, 1, 3)
SLOWEST = 20
MOST_SEEDS = 10_000


@nox.session
def compare(session: nox.Session) -> None:
    """Compare the main server configurations, then the Excel exports, in minutes; print each pick and its report."""
    run(session, "badgateway", "run", "--quick", SERVERS, EXPORT, *session.posargs, success_codes=ANSWERED)


@nox.session
def study(session: nox.Session) -> None:
    """Race the main server configurations in blocks and search their capacities: sixteen minutes."""
    run(session, "badgateway", "run", SERVERS, *session.posargs, success_codes=ANSWERED)


@nox.session
def concurrency(session: nox.Session) -> None:
    """Climb the 502 ladder, step by step: fourteen minutes; print the pick and the report's path."""
    run(session, "badgateway", "run", CONCURRENCY, *session.posargs, success_codes=ANSWERED)


@nox.session
@nox.parametrize("configuration", configuration_names("concurrency"), ids=configuration_names("concurrency"))
def server(session: nox.Session, configuration: str) -> None:
    """Measure one server configuration at every load level."""
    run(session, "badgateway", "run", CONCURRENCY, "--only", configuration, *session.posargs, success_codes=ANSWERED)


@nox.session
def export(session: nox.Session) -> None:
    """Climb the 504 ladder, step by step: fifteen minutes, `-- --full-scale` two hours; print pick and report."""
    run(session, "badgateway", "run", EXPORT, *session.posargs, success_codes=ANSWERED)


def run_claims(session: nox.Session, *asked: str) -> None:
    """Run experiments without worker checks: the ladders have those."""
    run(session, "badgateway", "run", "--no-worker-checks", *asked, *session.posargs, success_codes=ANSWERED)


@nox.session
def story_502(session: nox.Session) -> None:
    """Climb the path of the 502 story, and ask who sends the 502: seven minutes; print the pick."""
    run_claims(session, STORY_502)


@nox.session
def story_deaths(session: nox.Session) -> None:
    """Replace workers at once and apart, and kill them by signal 9, six times each: eleven minutes."""
    run_claims(session, STORY_DEATHS)


@nox.session
def story_load(session: nox.Session) -> None:
    """Try numbers of workers at three loads: three minutes."""
    run_claims(session, STORY_LOAD)


@nox.session
def story_rate(session: nox.Session) -> None:
    """Send the story's 19,000 requests a minute, one by one and in waves: ten minutes."""
    run_claims(session, STORY_RATE, STORY_WAVES)


@nox.session
def story_scale(session: nox.Session) -> None:
    """Try numbers of workers on one core and on two, and two servers in place of one: seven minutes."""
    run_claims(session, STORY_CORES, STORY_INSTANCES)


@nox.session
def story_sizes(session: nox.Session) -> None:
    """Try workers in containers of half a CPU and of little memory: nine minutes, as root or with systemd."""
    run_claims(session, STORY_SIZES, STORY_MEMORY)


@nox.session
def story_504(session: nox.Session) -> None:
    """Try the claims of the 504 story: servers, time limits, queries and writers: twelve minutes."""
    run_claims(session, STORY_504)


@nox.session
def story_504_full(session: nox.Session) -> None:
    """Wait for the 504 with the story's own 300 s, on its server and on threads: eleven minutes, mostly of waiting."""
    run_claims(session, STORY_504_FULL)


@nox.session
def story_504_often(session: nox.Session) -> None:
    """Ask what one export a minute costs the others, on one worker and on two: ten minutes."""
    run_claims(session, STORY_504_OFTEN)


@nox.session
def export_servers(session: nox.Session) -> None:
    """Compare servers, not ways of making the file, by what large exports do to small pages: four minutes."""
    run_claims(session, EXPORT_SERVERS)


@nox.session
@nox.parametrize("configuration", configuration_names("export-servers"), ids=configuration_names("export-servers"))
def export_server(session: nox.Session, configuration: str) -> None:
    """Measure large exports on one server."""
    run_claims(session, EXPORT_SERVERS, "--only", configuration)


@nox.session
def postgresql(session: nox.Session) -> None:
    """Compare drivers and pools on PostgreSQL, under threads, gevent and ASGI; print the pick."""
    run(session, "badgateway", "run", POSTGRESQL, *session.posargs, success_codes=ANSWERED)


@nox.session
def ui(session: nox.Session) -> None:
    """Open Locust's web UI against one configuration (`ui -- uwsgi-2`), until Ctrl-C."""
    run(session, "badgateway", "ui", CONCURRENCY, *(session.posargs or ["gunicorn-gevent"]))


@nox.session
def serve(session: nox.Session) -> None:
    """Put one configuration behind nginx (`serve -- uwsgi-2`), to open in a browser, until Ctrl-C."""
    run(session, "badgateway", "serve", CONCURRENCY, *(session.posargs or ["gunicorn-gevent"]))


@nox.session
def report(session: nox.Session) -> None:
    """Rebuild a run's reports from its raw files (`report -- results/export/latest`)."""
    asked = session.posargs or ["results/servers-quick/latest"]
    run(session, "badgateway", "report", *asked, success_codes=ANSWERED)


@nox.session(name="worker-check")
def worker_check(session: nox.Session) -> None:
    """Prove which servers and drivers let the requests of one worker wait side by side."""
    run(session, "badgateway", "worker-check", *(session.posargs or [CONCURRENCY]))


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure the kit against its anchors, row by row; `-- --against FILE` fails where it has become slower."""
    run(session, "python", "-m", "benchmarks.table", *session.posargs)


@nox.session
def costs(session: nox.Session) -> None:
    """Print what parts of the kit cost by themselves: journal, parsers, probes, relay, open loop, logs, verdicts."""
    for script in ("journal.py", "parsers.py", "probes.py", "relay.py", "explain.py", "server_logs.py", "verdicts.py"):
        run(session, "python", f"benchmarks/{script}")
    # Its default goes up to a million rows, and takes ten minutes.
    run(session, "python", "benchmarks/exports.py", "--most-rows", "100000")
    # Last: it ends with a status of its own where the machine is too busy to be punctual.
    run(session, "python", "benchmarks/open_loop.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, the live ones against real servers and the report in Chromium; check coverage."""
    if session.posargs:
        run(session, "pytest", *session.posargs)
        return
    TIMES.unlink(missing_ok=True)
    install_light(session)
    # In one word: where the file is there already, pytest takes a word of its own for the place of the tests.
    timed = [f"--times={TIMES}"]
    # One more than there are cores: some wait, for what a load or a child takes.
    processes = ["--numprocesses", str((os.cpu_count() or 1) + 1)]
    # A fault that depends on timing gets a second chance to occur; who needed it is printed, and to be mended.
    again = ["--reruns", "1", "--reruns-delay", "2"]
    # A sample of the session faults, another one each time; its seed is printed.
    seed = random.randrange(MOST_SEEDS)  # noqa: S311 # a sample, not a secret
    few = ["--kills", "1", "--sample", "1", f"--fault-seed={seed}"]
    # All others wait for a part of their time; those of the pure rooms wait for nothing and look at no clock.
    pure = ["env", f"COVERAGE_FILE={COVERED_BESIDE}", str(LIGHT / "bin" / "python"), "-m", "pytest", *PURE, *timed]
    with meanwhile(session, *pure, fault="the tests of the pure rooms failed"):
        run(session, "pytest", "-m", "not live", *processes, *timed, *COVERED, "--cov-report", "", *other_tests())
        run_beside(session, "live and not alone or fault", *again, *few, *timed)
    run(session, "coverage", "combine", "--append", str(COVERED_BESIDE))
    run(session, "coverage", "report", "--include", PURE_CODE, "--fail-under", "95", "--skip-covered")
    run(session, "pytest", *marked("alone"), "-m", "live and alone", *again, *timed)
    print_times(session)


@contextmanager
def meanwhile(session: nox.Session, *command: str, fault: str) -> Iterator[None]:
    """Run a command on the CPU time that all else leaves over, and print at the end what it said.

    As it comes it would stand between the lines of what runs in the foreground.
    """
    with MEANWHILE.open("w", encoding="utf-8") as output:
        # A session of its own, for the kernel to put it behind all others.
        child = subprocess.Popen(
            ["sh", "-c", LEFT_OVER, "sh", *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    except KeyboardInterrupt:
        child.terminate()
        raise
    finally:
        status = child.wait()
        session.log(f"beside it: {shlex.join(command)}\n{MEANWHILE.read_text(encoding='utf-8')}")
    if status:
        session.error(f"{fault}; see above")


def run_beside(session: nox.Session, marks: str, *options: str) -> None:
    """Run tests beside each other; those that failed run once more, whole and alone, and must pass then.

    They measure real servers, and share two cores with tests that load theirs. A second chance at once, with the same
    fixtures and the same neighbours, does not help a run that the neighbours disturbed.
    """
    beside = ["--numprocesses", BESIDE, "--cache-clear"]
    try:
        run(session, "pytest", LIVE, "-m", marks, *beside, *options)
    except CommandFailed:
        session.warn("what failed beside others runs once more, alone: it has to pass, and its flakiness to be mended")
        alone = ["--last-failed", "--last-failed-no-failures", "none", "--maxfail", "1"]
        run(session, "pytest", LIVE, "-m", marks, *alone, *options)


def print_times(session: nox.Session) -> None:
    """Print the slowest of all tests that were run, and those that were run again."""
    times = [json.loads(line) for line in TIMES.read_text("utf-8").splitlines()]
    times.sort(key=lambda one: -float(one["took_s"]))
    session.log(f"{len(times)} tests; the {SLOWEST} slowest:")
    for one in times[:SLOWEST]:
        session.log(f"{one['took_s']:7.1f} s  {one['test']}")
    again = [str(one["test"]) for one in times if one["again"]]
    session.log(f"{len(again)} of them were run again{': ' if again else ''}{', '.join(again)}")


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests of the pure rooms, of those that explain logs a fifth, without a compiler: a minute."""
    install_light(session)
    asked = session.posargs or ["--numprocesses", "auto", *A_PART, *A_FIFTH, *UNIT_TESTS]
    session.run(str(LIGHT / "bin" / "python"), "-m", "pytest", "-m", "not live", *asked, external=True)


@nox.session
def faults(session: nox.Session) -> None:
    """Plant faults in whole runs, 20 kills at random moments among them (`-- --kills 100`), and print the counts."""
    run(session, "pytest", "-m", "fault", *session.posargs)


@nox.session
def proofs(session: nox.Session) -> None:
    """Run all tests with all that is proven of them: whole corpora, each server, simulated studies, planted faults."""
    more = ["--hypothesis-profile", "proofs", "--timeout", "1200", "--numprocesses", "auto", *session.posargs]
    run(session, "pytest", "--ignore", LIVE, "-m", "not live or proof", *more)
    run(session, "pytest", LIVE, "-m", "live and not alone", "--numprocesses", BESIDE, *session.posargs)
    run(session, "pytest", LIVE, "-m", "alone or proof or fault", *session.posargs)


@nox.session
def repeats(session: nox.Session) -> None:
    """Repeat on real servers what a gate fails for, and what it does not; prove the files of each kind of server."""
    which = ["tests/live/test_gate.py", "tests/live/test_written_files.py"]
    run(session, "pytest", *which, "-m", "live or proof", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Make a site of README and docs/ in build/docs, to be read without a network; a broken link is a fault."""
    make(session, PAGES, ["sync", "--require-hashes", str(PAGES_LOCK)], lock=PAGES_LOCK)
    out = ROOT / "build" / "docs"
    python, settings = str(PAGES / "bin" / "python"), str(ROOT / "docs" / "site")
    session.run(
        python,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-j",
        "auto",
        "-c",
        settings,
        str(ROOT),
        str(out),
        external=True,
    )
    session.log(f"open {(out / 'index.html').as_uri()}")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the layers of imports; make the site of the pages, in which no link may be broken."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    # mypy takes one core.
    with meanwhile(session, sys.executable, "-m", "nox", "--session", "docs", fault="the pages make no site"):
        run(session, "mypy")
        run(session, "lint-imports")


if __name__ == "__main__":
    nox.main()
