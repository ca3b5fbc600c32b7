"""Every process that a trial leans on is watched, but for those of its configuration, which answers for them itself."""

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from badgateway.model.places import Limits
from badgateway.model.trial import OutsidePart
from badgateway.plan.services import SERVICES
from badgateway.probe.vigil import Vigil
from badgateway.process import port_relay
from badgateway.process.elsewhere import Elsewhere
from badgateway.servers import uwsgi
from badgateway.stack import background, distance
from badgateway.stack.deployment import Deployment
from badgateway.stack.machines import Machines, line_to, relay_to
from badgateway.stack.services import RunningService
from badgateway.study.outside import Outside
from tests.study.fakes import bench, small

ENGINE = Path(__file__).parents[2] / "badgateway"
STARTS = re.compile(r"\brunning\(|\bPopen\(|\bfork\(\)")
"""What starts a process that may stay; all others are waited for until they have ended."""
STARTED = {
    "load/locust.py": OutsidePart.GENERATOR,
    "load/standby.py": OutsidePart.GENERATOR,
    "process/apart.py": OutsidePart.RELAY,
    "process/child.py": OutsidePart.KIT,
    "process/elsewhere.py": OutsidePart.RELAY,
    "stack/database.py": OutsidePart.DATABASE,
    "stack/distance.py": OutsidePart.RELAY,
    "stack/fronting.py": OutsidePart.PROXY,
    "stack/services.py": OutsidePart.SERVICE,
    "process/guardian.py": "what its guardian starts is the program",
    "process/running.py": "starts what it is told to",
    "stack/background.py": "the configuration's own",
    "stack/instances.py": "the configuration's own",
    "stack/written_deployment.py": "the configuration's own",
    "load/worker.py": "on its own machine; one that is lost ends the load",
    "stack/site_logs.py": "after the load; a log that could not be brought is brought by collect",
    "stack/application.py": "puts the data back, which is waited for before the load",
    "stack/own_database.py": "none runs beside a load",
    "study/local.py": "Locust's web UI, in no trial",
    "study/log_watch.py": "looks at logs, in no trial",
}
"""By module: what watches the processes that it starts, or why nothing has to."""


def test_whoever_starts_a_process_says_who_watches_it():
    starting = {
        str(file.relative_to(ENGINE)) for file in ENGINE.rglob("*.py") if STARTS.search(file.read_text("utf-8"))
    }

    assert starting == set(STARTED)


class Part:
    """A process that has ended, when it is told to."""

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid = name, pid
        self.code: int | None = None

    def exit_code(self) -> int | None:
        return self.code


HANDS_ON = (
    *(distance.PART, distance.LINE, relay_to("6379")),
    *(line_to(key) for key in Machines(proxy=cast("Any", 1), target=cast("Any", 1)).of_parts),
)
OWN = ("server", "server-2", background.PART)
LIMITS = Limits(somaxconn=128, ip_local_port_range=(32_768, 60_999), tcp_max_syn_backlog=512)


class Stack:
    """All that there can be in a trial, each part with a pid of its own."""

    def __init__(self, seam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts = {part: Part(part, 100 + n) for n, part in enumerate(("nginx", *HANDS_ON, *OWN))}
        self.load_line = Part("far end", 200)
        self.service = RunningService(service=SERVICES[0], port=1, pid=201)
        self.gone: set[int] = set()
        self.watched: dict[int, OutsidePart] = {}
        monkeypatch.setattr(port_relay, "port_relay", lambda: 202)
        monkeypatch.setattr(port_relay, "has_ended", self.gone.__contains__)
        monkeypatch.setattr("badgateway.study.outside.psutil.pid_exists", lambda pid: pid not in self.gone)
        monkeypatch.setattr(Vigil, "add", lambda _, part, pid, name="": self.watched.update({pid: part}))
        table = bench(seam, small())
        database = replace(table.database, pid=203, services=(self.service,))
        self.outside = Outside(replace(table, database=database))
        end = cast("Any", self.load_line)
        self.place = Elsewhere(here="198.18.0.1", there="198.18.0.2", end=end, limits=LIMITS)
        self.deployment = Deployment(
            url="http://127.0.0.1:1",
            proxy_port=1,
            server_sockets=(),
            server=uwsgi.SERVER,
            statistics_sockets=(),
            children=cast("Any", self.parts),
            read_access_log=lambda: b"",
            read_error_log=lambda: b"",
            read_journal=lambda: b"",
        )

    def run(self, raw: Path, ends: Part | int | None = None) -> list[str]:
        """Have a trial in which something ends; return what disturbed it."""
        with ExitStack() as trial:
            trial.enter_context(self.outside.watched(self.place))
            trial.enter_context(self.outside.deployed(self.deployment, raw))
            self.outside.add_generator(204)
            if isinstance(ends, Part):
                ends.code = -9
            elif ends is not None:
                self.gone.add(ends)
        return [one.what for one in self.outside.found(raw, 1.0, None)]


@pytest.fixture
def stack(seam, monkeypatch) -> Stack:
    return Stack(seam, monkeypatch)


def test_each_is_watched_for_a_stop_but_for_those_of_the_configuration(stack, tmp_path):
    assert stack.run(tmp_path) == []

    others = {200: OutsidePart.RELAY, 201: OutsidePart.SERVICE, 202: OutsidePart.RELAY, 203: OutsidePart.DATABASE}
    parts = {one.pid: OutsidePart.RELAY for name, one in stack.parts.items() if name in HANDS_ON}
    assert stack.watched == parts | others | {stack.parts["nginx"].pid: OutsidePart.PROXY, 204: OutsidePart.GENERATOR}


@pytest.mark.parametrize("part", ["nginx", *HANDS_ON])
def test_the_end_of_a_part_that_no_configuration_owns_is_told(part, stack, tmp_path):
    (what,) = stack.run(tmp_path, stack.parts[part])

    assert what.endswith("was ended by SIGKILL, and the kit had not asked for it")


@pytest.mark.parametrize("part", OWN)
def test_the_end_of_a_part_of_the_configuration_is_its_own(part, stack, tmp_path):
    assert stack.run(tmp_path, stack.parts[part]) == []


def test_the_end_of_what_a_run_has_for_all_its_trials_is_told(stack, tmp_path):
    (line,) = stack.run(tmp_path, stack.load_line)

    assert line == "the line to the load was ended by SIGKILL, and the kit had not asked for it"


@pytest.mark.parametrize(
    ("pid", "called"),
    [(201, SERVICES[0].label), (202, "the relay to the ports of application.allow"), (203, "MariaDB")],
)
def test_the_end_of_what_was_there_before_the_servers_is_told(pid, called, stack, tmp_path):
    (what,) = stack.run(tmp_path, pid)

    assert what == f"{called} ended in the middle of the trial, and the kit had not asked for it"
