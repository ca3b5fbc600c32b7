"""uWSGI as a command of the user's own starts it: a file with all its options but where it listens and what it loads.

It has no parser that could be asked, and what its own file opens, such as a port of all addresses, no option closes
again. So the command and its .ini become a server file of the kit's kind.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from badgateway.servers.options import TRUE, Option, options_of, plain_options
from badgateway.servers.server import OwnCommand

_TAKEN_OVER = {
    *("socket", "uwsgi-socket", "http", "http-socket", "https", "https-socket", "http11-socket", "fastcgi-socket"),
    *("uid", "gid", "daemonize", "daemonize2", "logto", "logto2", "log-master", "pidfile", "pidfile2", "safe-pidfile"),
    *("chown-socket", "chmod-socket", "stats", "stats-server", "module", "wsgi", "wsgi-file", "callable", "mount"),
    *("home", "virtualenv", "venv", "pyhome", "chdir", "chdir2", "touch-reload", "py-autoreload", "master-fifo", "ini"),
    *("emperor", "vassals", "plugin", "plugins", "req-logger", "logger", "strict", "protocol"),
    *("die-on-term", "need-app"),
}
"""Options that say where, as whom and beside what it runs, and not how it serves."""
_SHORT = {
    "p": "processes",
    "workers": "processes",
    "l": "listen",
    "M": "master",
    "s": "socket",
    "H": "home",
    "w": "module",
}
_FLAGS = (
    "master",
    "M",
    "enable-threads",
    "lazy-apps",
    "lazy",
    "vacuum",
    "die-on-term",
    "need-app",
    "single-interpreter",
)
_DECIDES = {"if-env", "if-exists", "for", "if-opt", "if-not-env", "end-if", "include", "inherit"}
_OWN_SECTION = re.compile(r"^\s*ini\s*=\s*:\w+\s*$", re.MULTILINE)
_OTHER_FILES = (".xml", ".yaml", ".yml", ".json")
_TRUE = (TRUE, "1", "yes", "on")
_FIRST_LINES = """# What the site's own command and file say, but for what a run decides.
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
need-app = true
die-on-term = true
if-env = WEB_STATS
stats = %(_)
end-if =
"""
_NUMBERS = {
    "workers": ("processes", 1),
    "least_workers": ("cheaper", 0),
    "threads": ("threads", 1),
    "listen": ("listen", 100),
    "max_requests": ("max-requests", 0),
    "max_requests_delta": ("max-requests-delta", 0),
    "app_s": ("harakiri", 0),
}
"""The option of each, and what holds without it."""


def ini_of(words: Sequence[str]) -> str:
    """Return the .ini that a command names; empty where it names none.

    Raises:
        ValueError: It names a file that is not read.
    """
    named = [word.rpartition("=")[2] for word in words]
    other = next((word for word in named if word.endswith(_OTHER_FILES)), "")
    if other:
        raise ValueError(f"of uWSGI's files a run reads those that end with .ini, and not {other}; make one of it")
    return next((word for word in named if word.endswith(".ini")), "")


def text_of(words: Sequence[str], ini: str, _environment: Mapping[str, str]) -> str:
    """Return the server file that a command and the text of its .ini come to.

    Raises:
        ValueError: What holds is decided while it starts.
    """
    options = [*_options_of_ini(ini), *_options_of(words)]
    decides = next((name for name, _ in options if name in _DECIDES), "")
    if decides:
        raise ValueError(f"its file has {decides}, so what holds is not known before it starts; write it plainly")
    kept = [(name, value) for name, value in options if name not in _TAKEN_OVER]
    numbers = {name for name, _ in _NUMBERS.values()}
    if odd := next((f"{name} = {value}" for name, value in kept if name in numbers and not value.isdecimal()), ""):
        raise ValueError(f"{odd} is no plain number; write one")
    return _FIRST_LINES + "".join(f"{name} = {value}\n" for name, value in kept)


def named_file(words: Sequence[str]) -> str:
    """Return the file that a command names for uWSGI to read; empty where it names none."""
    endings = (".ini", *_OTHER_FILES)
    return next((name for word in words if (name := word.rpartition("=")[2]).endswith(endings)), "")


def options_in(text: str) -> Mapping[str, Option]:
    """Return the options of a file under the names that they go by here; what names its own sections is read anyway."""
    found = plain_options(_OWN_SECTION.sub("", text))
    # The last one counts, whichever of its names it has.
    ordered = sorted(found.items(), key=lambda one: one[1].line)
    return {_named(name): option for name, option in ordered}


def says(words: Sequence[str]) -> str:
    """Return the options of a command as lines of a file."""
    return "".join(f"{name} = {value}\n" for name, value in _options_of(words))


def told_by(text: str) -> dict[str, Any]:
    """Return what a configuration of such a server file has."""
    found = {name: option.value for name, option in plain_options(text).items() if option.is_known}
    greenlets = int(found.get("gevent") or 0)
    return {
        **{key: int(found.get(name) or default) for key, (name, default) in _NUMBERS.items()},
        "preload": found.get("lazy-apps", found.get("lazy", "")) not in _TRUE,
        **({"greenlets": greenlets} if greenlets else {}),
    }


def _options_of(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    given = [word for word in words if not word.endswith(".ini") and word != "--ini"]
    return ((_named(name), value) for name, value in options_of(given, _FLAGS))


def _options_of_ini(text: str) -> Iterator[tuple[str, str]]:
    """Yield the options of the section [uwsgi], in their order; a name may come twice."""
    is_inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_inside = line == "[uwsgi]"
        elif is_inside and line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield _named(name.strip()), value.split(" ;")[0].strip()


def _named(name: str) -> str:
    return _SHORT.get(name, name)


COMMAND = OwnCommand(
    file=ini_of,
    named_file=named_file,
    says=says,
    text=text_of,
    told=told_by,
    folders=("--chdir", "--chdir2"),
    paths=("--pythonpath", "--python-path", "--pp"),
)
