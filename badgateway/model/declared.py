"""What all declarations in an experiment file have in common."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from badgateway.model.printable import printable

LONGEST_PATH_BYTES = 1000
_LONGEST_NAME_BYTES = 255
"""What a file system takes for one folder or file."""


def text_like(pattern: str, words: str) -> AfterValidator:
    """Return a validator of texts that tells what is allowed in words: a pattern is no answer to who mistyped one."""

    def check(text: str) -> str:
        if re.fullmatch(pattern, text, re.ASCII) is None:
            raise ValueError(words)
        return text

    return AfterValidator(check)


def _inside(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        message = "must be a path inside the project, such as servers/site.ini"
        raise ValueError(message)
    longest = max((len(part.encode()) for part in path.parts), default=0)
    if longest > _LONGEST_NAME_BYTES or len(str(path).encode()) > LONGEST_PATH_BYTES:
        message = f"a path has at most {LONGEST_PATH_BYTES:,} bytes, and each name in it {_LONGEST_NAME_BYTES}"
        raise ValueError(message)
    if printable(str(path)) != str(path):
        message = "a path has no control characters"
        raise ValueError(message)
    return path


Name = Annotated[
    str,
    Field(min_length=1, max_length=80),
    text_like(r"[a-z0-9][a-z0-9-]*", "a name has small letters, digits and hyphens, such as today-2"),
]
OF_DATABASE = (
    *("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"),
    *("DB_DRIVER", "DB_CONN_MAX_AGE_S", "DB_POOL_SIZE", "DB_TLS"),
)
"""Variables by which a run leads each site to its database; a site's own DB_ENGINE or DB_URL is none of them."""
_OF_SERVER = (
    *("WEB_BIND", "WEB_WSGI", "WEB_WORKERS", "WEB_LEAST_WORKERS", "WEB_THREADS", "WEB_GREENLETS", "WEB_LISTEN"),
    *("WEB_KEEPALIVE_S", "WEB_LAZY", "WEB_MAX_REQUESTS", "WEB_MAX_REQUESTS_DELTA", "WEB_LEAST_LIFETIME_S"),
    *("WEB_GRACEFUL_STOP_S", "WEB_RELOAD_MERCY_S", "WEB_TIMEOUT_S", "WEB_STATS", "WEB_VENV", "WEB_PROTOCOL"),
)
"""Variables by which the kit's server files take their numbers; a site's own WEB_CONCURRENCY is none of them."""
_OF_PROGRAMS = ("PYTHONPATH", "PYTHONUNBUFFERED", "PATH", "HOME", "LANG", "TZ")
SET_BY_A_RUN = (*OF_DATABASE, *_OF_SERVER, *_OF_PROGRAMS)
"""Variables that a run gives its programs itself, besides those that begin as its own do."""
_OWN = ("JOURNAL_", "BADGATEWAY_")


def is_set_by_a_run(name: str) -> bool:
    """Tell whether a run sets a variable, so that nobody else can."""
    return name in SET_BY_A_RUN or name.startswith(_OWN)


Variable = Annotated[
    str,
    Field(max_length=200),
    text_like(
        rf"(?!(?:{'|'.join(SET_BY_A_RUN)})$|{'|'.join(_OWN)})[A-Za-z_][A-Za-z0-9_]*",
        "a variable of the application has letters, digits and _, such as APP_PAGE_SIZE, and is none that a run sets "
        f"by itself, which takes no line ({', '.join(SET_BY_A_RUN)}, and what begins with {' or '.join(_OWN)})",
    ),
]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]


def _with_a_program(command: tuple[str, ...]) -> tuple[str, ...]:
    if command and not command[0].strip():
        message = 'its first word is the program, such as "python"'
        raise ValueError(message)
    return command


OptionalCommand = Annotated[tuple[str, ...], Field(max_length=100), AfterValidator(_with_a_program)]
Command = Annotated[OptionalCommand, Field(min_length=1)]
"""A program and its arguments."""


def _as_list(value: object) -> object:
    """Take a single command for a list of one."""
    if not isinstance(value, list | tuple):
        return value
    commands = (value,) if value and all(isinstance(word, str) for word in value) else value
    return tuple(tuple(command) if isinstance(command, list) else command for command in commands)


Commands = Annotated[tuple[Command, ...], Field(max_length=100), BeforeValidator(_as_list)]
"""One after the other; one alone needs no list around it."""
ProjectPath = Annotated[PurePosixPath, AfterValidator(_inside)]


def _of_project_or_kit(path: PurePosixPath) -> PurePosixPath:
    if path.parts[:1] and path.parts[0].startswith("kit:") and (len(path.parts) > 1 or str(path) in ("kit:", "kit:..")):
        message = "behind kit: is the name of one of the kit's own server files, such as kit:NAME.py"
        raise ValueError(message)
    return path


ServerPath = Annotated[ProjectPath, AfterValidator(_of_project_or_kit)]
"""A server file of the project, or with kit: in front, one that the kit brings."""


class Declared(BaseModel):
    """A table of an experiment file: it cannot be changed, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
