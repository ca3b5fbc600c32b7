"""What runs today with its numbers; where a run cannot take the command itself, a server file that stands for it.

A run decides where a server listens and what it loads. All else stays as it is: the numbers that the configuration
declares are those that the server's own parser, or its own file, says, and a run holds them against what it observes.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

FOLDER = PurePosixPath("loadtest")
OF_INI = FOLDER / "today_uwsgi.ini"
Setting = int | bool | str
_TAKEN_OVER = {
    *("socket", "uwsgi-socket", "http", "http-socket", "https", "https-socket", "http11-socket", "fastcgi-socket"),
    *("uid", "gid", "daemonize", "daemonize2", "logto", "logto2", "log-master", "pidfile", "pidfile2", "safe-pidfile"),
    *("chown-socket", "chmod-socket", "stats", "stats-server", "module", "wsgi", "wsgi-file", "callable", "mount"),
    *("home", "virtualenv", "venv", "pyhome", "chdir", "chdir2", "touch-reload", "py-autoreload", "master-fifo", "ini"),
    *("emperor", "vassals", "plugin", "plugins", "req-logger", "logger", "strict", "protocol"),
}
"""Options of uWSGI's that say where, as whom and beside what it runs, and not how it serves."""
_SHORT = {
    "p": "processes",
    "workers": "processes",
    "l": "listen",
    "M": "master",
    "s": "socket",
    "H": "home",
    "w": "module",
}
_FIRST_LINES = """# What `{command}` runs ({source}), where a run needs it: written by badgateway init.
# Where it listens and what it loads is the run's; what said that before is left out.
[uwsgi]
if-env = WEB_VENV
virtualenv = %(_)
end-if =
if-env = WEB_PROTOCOL
protocol = %(_)
end-if =
socket = $(WEB_BIND)
chmod-socket = 660
module = $(WEB_WSGI)
if-env = WEB_STATS
stats = %(_)
end-if =
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysServer:
    """A server file, and what a configuration says of it."""

    file: PurePosixPath | None = None
    """A server file that stands for the command; None where a run takes the command itself."""
    text: str = ""
    """What is in it."""
    settings: Mapping[str, Setting]
    """As configurations call them."""
    limit_s: int | None
    """Of a request, or of a worker without a sign of life; None where it has none."""


def of_gunicorn(told: Mapping[str, Any]) -> TodaysServer:
    """Return it for a Gunicorn command, by what its own parser told."""
    values = told["settings"]
    settings: dict[str, Setting] = {
        "workers": values["workers"],
        "threads": values["threads"],
        "listen": values["backlog"],
        "keepalive_s": values["keepalive"],
        "preload": values["preload_app"],
        "max_requests": values["max_requests"],
        "max_requests_delta": values["max_requests_jitter"],
        "graceful_stop_s": values["graceful_timeout"],
    }
    if "gevent" in values["worker_class"]:
        settings["greenlets"] = values["worker_connections"]
    return TodaysServer(settings=settings, limit_s=values["timeout"] or None)


def of_uwsgi(ini: str, words: list[str], command: str, source: str) -> TodaysServer | None:
    """Return it for a uWSGI command, by the text of its .ini and its options; None where it has conditions."""
    options = [*_options_of_ini(ini), *_options_of(words)]
    if any(name in {"if-env", "if-exists", "for", "if-opt", "if-not-env", "end-if"} for name, _ in options):
        return None
    kept = [(name, value) for name, value in options if name not in _TAKEN_OVER]
    last = dict(kept)
    if any("%" in value or "$" in value or "@(" in value for name, value in kept if name in _NUMBERS.values()):
        return None
    settings: dict[str, Setting] = {
        key: int(last.get(name) or default) for key, (name, default) in _WITH_DEFAULTS.items()
    }
    settings["preload"] = last.get("lazy-apps", last.get("lazy", "false")) not in _TRUE
    if int(last.get("gevent") or 0):
        settings["greenlets"] = int(last["gevent"])
    text = _FIRST_LINES.format(command=command, source=source) + "".join(f"{name} = {value}\n" for name, value in kept)
    return TodaysServer(file=OF_INI, text=text, settings=settings, limit_s=int(last.get("harakiri") or 0) or None)


_TRUE = ("true", "1", "yes", "on")
_NUMBERS = {
    "workers": "processes",
    "threads": "threads",
    "listen": "listen",
    "limit": "harakiri",
    "greenlets": "gevent",
}
_WITH_DEFAULTS = {
    "workers": ("processes", 1),
    "threads": ("threads", 1),
    "listen": ("listen", 100),
    "max_requests": ("max-requests", 0),
}


def _options_of_ini(text: str) -> Iterator[tuple[str, str]]:
    """Yield the options of the section [uwsgi], in their order; a name may come twice."""
    is_inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_inside = line == "[uwsgi]"
        elif is_inside and line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield _named(name.strip()), value.split(" ;")[0].strip()


def _options_of(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of a command line."""
    left = [word for word in words if not word.endswith(".ini")]
    while left:
        name, is_given, value = left.pop(0).partition("=")
        if not name.startswith("-"):
            continue
        if not is_given:
            value = left.pop(0) if left and not left[0].startswith("-") else "true"
        yield _named(name.lstrip("-")), value


def _named(name: str) -> str:
    return _SHORT.get(name, name)


def ini_of(command: str) -> str:
    """Return the .ini that a uWSGI command names; empty where it names none."""
    return next((word for word in shlex.split(command)[1:] if word.endswith(".ini")), "")
