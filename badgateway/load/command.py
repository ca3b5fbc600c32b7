"""The command lines and environments with which Locust is started."""

import ipaddress
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from badgateway.errors import LoadError
from badgateway.load.restraint import Restraint
from badgateway.load.settings import UI_TOKEN, Settings
from badgateway.model.experiment import Load
from badgateway.model.raw import LOCUST_LOG
from badgateway.process.child import Command
from badgateway.process.ports import free_port

EXPECT_S = 60
"""Locust's workers have been told when its master waits for them: all they have to do is to import Locust."""
STOP_MARGIN_S = 2
"""Locust waits so much longer for its users than a request may take, so that it never has to kill one."""
_OF_ITS_INTERPRETER = ("PYTHON", "LD_", "LOCUST_")
"""Variables of the site's that would change the kit's own Python, or be options of Locust's."""
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Where the workers of a run come, and how many are waited for."""

    address: str
    """Of this machine, as the workers reach it; the site and Locust's master listen there too."""
    port: int
    expected: int

    @property
    def locust_port(self) -> int:
        """Where Locust's own master listens."""
        return self.port + 1

    def __str__(self) -> str:
        """Return it as it is typed."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is loaded, and with what."""

    url: str
    """Base address of the site, such as http://127.0.0.1:8080; a loopback address, or what the restraint names."""
    load: Load
    users: int = 0
    """Level of a closed loop; 0 in an open one."""
    rate_per_s: float | None = None
    """Level of an open loop."""
    client_timeout_s: float
    """Limit of one request, from connecting to its last byte."""
    project_root: Path
    """Where the path of the Locust file starts; also on its import path."""
    seed: int = 1
    site: str = ""
    """Address of the site as its users know it; empty: the base address."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """More variables for the Locust file, such as the application's APP_ ones."""
    address: str = ""
    """Of this machine, where the kit's own proxy listens for a load from elsewhere; empty: on loopback."""
    meeting: Meeting | None = None
    """Where workers from elsewhere come to share the load; None: all processes of Locust are on this machine."""
    restraint: Restraint | None = None
    """What is kept to on a site that already runs."""

    @property
    def load_s(self) -> float:
        """How long users send requests: warm-up and window."""
        return self.load.warm_up_s + self.load.window_s

    @property
    def locust_users(self) -> int:
        """How many users Locust is asked for; those of an open loop are dispatchers, one for each process."""
        return self.users if self.rate_per_s is None else self.load.processes


def headless_command(target: Target, raw: Path) -> Command:
    """Return the command that runs one trial's load and writes its files to the folder raw.

    Raises:
        LoadError: the url is not a loopback address.
    """
    folder = raw.absolute()
    settings = replace(
        _settings(target),
        rows=folder,
        run_time_s=target.load_s,
        warm_up_s=target.load.warm_up_s,
    )
    options = ("--headless", "--only-summary", "--exit-code-on-error", "0", "--loglevel", "WARNING")
    return _command("Locust", target, settings, options, folder / LOCUST_LOG)


def web_command(target: Target, *, port: int, token: str, raw: Path) -> Command:
    """Return the command of Locust's web UI on 127.0.0.1:port, with the target filled in.

    It writes the files of the client to the folder raw, and shows the page that is put there. It serves whoever knows
    the token, and loads nothing but the target.

    Raises:
        LoadError: the url is not a loopback address.
    """
    folder = raw.absolute()
    settings = replace(_settings(target), ui_token=token, rows=folder)
    options = ("--web-host", "127.0.0.1", "--web-port", str(port), "--loglevel", "INFO")
    return _command("Locust's web UI", target, settings, options, folder / LOCUST_LOG)


def onlooker_command(folder: Path, what: str, *, port: int, token: str) -> Command:
    """Return the command of a web UI on 127.0.0.1:port that shows a run, and loads nothing itself.

    Args:
        folder: Where the page files of the run are; its log goes there too.
        what: The run's name for the page.
        port: Of the web UI.
        token: What a browser must know.
    """
    argv = (sys.executable, "-m", "badgateway.load.onlooker", str(folder), str(port), what)
    log = folder / LOCUST_LOG
    environment = {**inherited(), UI_TOKEN: token, "HOME": str(folder)}
    return Command(name="Locust's web UI", argv=argv, environment=environment, directory=folder, log=log)


def run_view_command(folder: Path) -> Command:
    """Return the command of what looks at the trial in flight of a run, for the web UI that shows it."""
    argv = (sys.executable, "-m", "badgateway.study.run_view", str(folder))
    log = folder / "run-view.log"
    return Command(name="the look at the run", argv=argv, environment=inherited(), directory=folder, log=log)


def loading_command(target: Target, answer: Path) -> Command:
    """Return the command that loads the Locust file, sends nothing, and writes what is in it to the file answer.

    Raises:
        LoadError: the url is not a loopback address.
    """
    argv = (sys.executable, "-m", "badgateway.load.loading", _locust_file(target), str(answer.absolute()))
    return _child("Locust", target, _settings(target), argv, answer.absolute().with_name(LOCUST_LOG))


def standby_command(project_root: Path, raw: Path, pipe: Path) -> Command:
    """Return the command of a Locust that takes its orders from a pipe; its log is that of a trial's Locust."""
    argv = (sys.executable, "-m", "badgateway.load.orders", str(pipe))
    log = raw.absolute() / LOCUST_LOG
    environment = {**inherited(), **own_variables(project_root, log)}
    return Command(name="Locust", argv=argv, environment=environment, directory=log.parent, log=log)


def spawn_rate(users: int, warm_up_s: float) -> float:
    """Return users per second such that all run after half the warm-up; Locust starts a second's users at once."""
    return max(1.0, users / max(warm_up_s / 2, 1.0))


def _spawn_rate(target: Target) -> float:
    # Dispatchers start at once: until then their part of the schedule is not sent.
    return target.locust_users if target.rate_per_s else spawn_rate(target.users, target.load.warm_up_s)


def _settings(target: Target) -> Settings:
    return Settings(
        client_timeout_s=target.client_timeout_s,
        seed=target.seed,
        rate_per_s=target.rate_per_s or 0,
        arrivals=target.load.arrivals,
        max_in_flight=target.load.max_in_flight,
        site=target.site,
        restraint=target.restraint,
    )


def stop_timeout(target: Target) -> int:
    """Return how long Locust waits for its users' last requests, in seconds."""
    return math.ceil(target.client_timeout_s) + STOP_MARGIN_S


def _sharing(target: Target) -> tuple[str, ...]:
    processes, meeting = target.load.processes, target.meeting
    if meeting is not None:
        bound = ("--master", "--master-bind-host", meeting.address, "--master-bind-port", str(meeting.locust_port))
        return (*bound, "--expect-workers", str(processes), "--expect-workers-max-wait", str(EXPECT_S))
    if processes == 1:
        return ()
    # Locust's own port is one for the whole machine: two loads at a time would mix their workers.
    port = str(free_port())
    at_master = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    return ("--processes", str(processes), *at_master, "--master-host", "127.0.0.1", "--master-port", port)


def _command(name: str, target: Target, settings: Settings, options: tuple[str, ...], log: Path) -> Command:
    argv = (
        *(sys.executable, "-m", "badgateway.load.plain", "--locustfile", _locust_file(target)),
        *("--host", target.url, "--users", str(target.locust_users)),
        *("--spawn-rate", f"{_spawn_rate(target):g}"),
        *("--stop-timeout", str(stop_timeout(target))),
        *_sharing(target),
        *options,
    )
    return _child(name, target, settings, argv, log)


def _locust_file(target: Target) -> str:
    return str(target.project_root.absolute() / target.load.locustfile)


def _child(name: str, target: Target, settings: Settings, argv: tuple[str, ...], log: Path) -> Command:
    _refuse_other_hosts(target)
    environment = {
        **inherited(),
        **{name: value for name, value in target.environment.items() if not name.startswith(_OF_ITS_INTERPRETER)},
        **settings.to_environment(),
        **own_variables(target.project_root, log),
    }
    return Command(name=name, argv=argv, environment=environment, directory=log.parent, log=log)


def inherited() -> dict[str, str]:
    """Return the variables of this process that Locust gets too."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def own_variables(project_root: Path, log: Path) -> dict[str, str]:
    """Return where Locust finds modules, and its home, for a project and a log at these places."""
    return {
        "PYTHONPATH": str(project_root.absolute()),
        # Locust would read ~/.locust.conf and change a trial by what somebody once wrote there.
        "HOME": str(log.parent),
    }


def _refuse_other_hosts(target: Target) -> None:
    parts = urlsplit(target.url)
    host = parts.hostname or ""
    if target.address and host == target.address:
        return
    try:
        is_own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_own = False
    is_named = target.restraint is not None and target.restraint.host == parts.netloc
    if not (is_named or (is_own and target.restraint is None)):
        raise LoadError(
            f"{target.url} is not an address of this machine: the kit loads no host that the user did not name"
        )
