"""Gunicorn as a command of the user's own starts it: all its settings stay but where it listens and what it loads."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from badgateway.servers.options import FALSE, TRUE, options_of
from badgateway.servers.server import OwnCommand, Place, Start
from badgateway.servers.variables_command import CONCURRENCY

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

OWN_FILE = "gunicorn.conf.py"
"""Read without being named."""
_CONFIG = ("-c", "--config")
_FLAGS = {
    *("-D", "--daemon", "--preload", "--reload", "--check-config", "--print-config", "--reuse-port", "--spew", "-R"),
    *("--no-sendfile", "--enable-stdio-inheritance", "--capture-output", "--initgroups", "--proxy-protocol"),
    *("--log-syslog", "--disable-redirect-access-to-syslog", "--do-handshake-on-connect", "--suppress-ragged-eofs"),
    *("--strip-header-spaces", "--permit-unconventional-http-method", "--casefold-http-method"),
}
"""Options that take no value."""
_KITS = {
    *(*_CONFIG, "-b", "--bind", "-D", "--daemon", "-p", "--pid", "-u", "--user", "-g", "--group", "-m", "--umask"),
    *("--initgroups", "--reload", "--check-config", "--print-config", "--chdir", "-e", "--env", "--certfile"),
    *("--keyfile", "--error-logfile", "--log-file", "--access-logfile", "--log-config", "--log-syslog"),
}
"""What the kit says itself, or leaves out: where it listens, whose it is, where it logs, and the site's variables."""
ASKS = """
import json
from gunicorn.app.wsgiapp import WSGIApplication
found = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").cfg
print(json.dumps({
    "workers": found.workers, "threads": found.threads, "greenlets": found.worker_connections, "listen": found.backlog,
    "model": str(found.worker_class_str), "app_s": found.timeout, "graceful_stop_s": found.graceful_timeout,
    "keepalive_s": found.keepalive, "max_requests": found.max_requests, "preload": bool(found.preload_app),
    "max_requests_delta": found.max_requests_jitter,
}))
"""
"""Gunicorn's own parser reads command and file; the application is not loaded."""


def start(configuration: "Configuration", place: Place) -> Start:
    """Return how to start it: the command line is stronger than the user's file, which the journal reads for it."""
    words = configuration.command_words
    bind = f"unix:{place.address}" if place.port is None else place.address
    own = ("--config", str(place.journal), "--bind", bind, "--error-logfile", "-")
    kept = (word for option in _options(words) if option[0] not in _KITS for word in option[1:])
    return Start(
        argv=(place.program("gunicorn"), *kept, *own, place.target),
        bind=bind,
        environment={"JOURNAL_GUNICORN": config_file(words), "JOURNAL_OWN": "1"},
    )


def named_file(words: Sequence[str]) -> str:
    """Return the file that such a command names for its settings; empty where it names none."""
    named = [option[-1] for option in _options(words) if option[0] in _CONFIG]
    return named[-1].rpartition("=")[2].removeprefix("file:") if named else ""


def config_file(words: Sequence[str]) -> str:
    """Return the file that such a command reads its settings from, whether it is there or not."""
    return named_file(words) or OWN_FILE


def _options(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the name of each option, and the words that it has; what is none is what the command loads."""
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-"):
            continue
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        has_value = len(word) > len(name)
        value = [left.pop(0)] if left and not has_value and name not in _FLAGS else []
        yield (name, word, *value)


_SPELLED = {
    "w": "workers",
    "k": "worker_class",
    "t": "timeout",
    "b": "bind",
    "c": "config",
    "keep_alive": "keepalive",
    "preload": "preload_app",
    "log_file": "errorlog",
    "error_logfile": "errorlog",
}
"""Settings that a file spells in another way than the command line."""
_OF_FLAGS = {flag.lstrip("-") for flag in _FLAGS}


def says(words: Sequence[str]) -> str:
    """Return the assignments of a configuration file that say what the words do; what it loads is none of them."""
    named = ((name.replace("-", "_"), value) for name, value in options_of(words, _OF_FLAGS))
    return "".join(f"{_SPELLED.get(name, name)} = {_written(value)}\n" for name, value in named)


def _written(value: str) -> str:
    return value if value.isdecimal() else {TRUE: "True", FALSE: "False"}.get(value, repr(value))


COMMAND = OwnCommand(
    asks=ASKS,
    named_file=named_file,
    says=says,
    folders=("--chdir",),
    paths=("--pythonpath",),
    options_variable="GUNICORN_CMD_ARGS",
    variables={CONCURRENCY: "workers"},
)
