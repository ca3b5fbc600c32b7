"""Every process that a trial leans on is watched, but for those of its configuration, which answers for them itself."""

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from badgateway.model.places import Carried, Limits
from badgateway.model.trial import OutsidePart
from badgateway.plan.services import SERVICES
from badgateway.probe.vigil import Vigil
from badgateway.process import port_relay
from badgateway.process.elsewhere import Elsewhere
from badgateway.process.line_watch import Lapse
from badgateway.servers import uwsgi
from badgateway.stack import background, distance
from badgateway.stack.deployment import Deployment
from badgateway.stack.endings import way_to
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
LIMITS = Limits(somaxconn=128, ip_local_port_range=(32_768, 60_999))


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
        self.bench = replace(table, database=database)
        self.outside = Outside(self.bench)
        end = cast("Any", self.load_line)
        self.place = Elsewhere(here="198.18.0.1", there="198.18.0.2", end=end, limits=LIMITS)
        self.lines: dict[str, Elsewhere] = {}
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
        self.deployment = replace(self.deployment, lines=self.lines)
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


class Line:
    """What is seen of a line whose ends stay where they were made."""

    def __init__(self, *lapses: Lapse, carried: Carried) -> None:
        self.carried = carried
        self.left = list(lapses)

    def lapses(self) -> list[Lapse]:
        return []

    def end(self) -> list[Lapse]:
        return self.left


CUT = Lapse(how="was deleted", at_s=1.0, lasted_s=1.5)
WHOLE, LOSSY = Carried(packets=1_000, dropped=1), Carried(packets=1_000, dropped=2)


@pytest.mark.parametrize("key", ["load", "proxy", "target", "database"])
def test_a_line_that_is_cut_and_one_that_drops_packets_are_told_by_their_names(key, stack, tmp_path):
    for line, told in (
        (Line(CUT, carried=WHOLE), "was cut for 1.5 s: its device was deleted, and the kit had not done it"),
        (Line(CUT, carried=LOSSY), "was cut for 1.5 s: its device was deleted, and the kit had not done it"),
        (Line(carried=LOSSY), "dropped 2 of 1,000 packets for want of room, and was not to lose them"),
    ):
        place = replace(stack.place, watch=cast("Any", line))
        stack.place, stack.lines = (place, {}) if key == "load" else (stack.place, {key: place})
        stack.outside = Outside(stack.bench)
        assert stack.run(tmp_path) == [f"{way_to(key)} {told}"]
        assert stack.outside.carried == {key: line.carried}


def test_what_cannot_matter_disturbs_no_trial_and_a_killed_end_is_told_once(stack, tmp_path):
    stack.place = replace(stack.place, watch=cast("Any", Line(carried=WHOLE)))
    assert stack.run(tmp_path) == []

    stack.place = replace(stack.place, watch=cast("Any", Line(CUT, carried=WHOLE)))
    stack.outside = Outside(stack.bench)
    assert stack.run(tmp_path, stack.load_line) == [
        "the line to the load was ended by SIGKILL, and the kit had not asked for it"
    ]
