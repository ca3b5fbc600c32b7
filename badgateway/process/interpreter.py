"""Asks a Python interpreter what it is and what is installed for it."""

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.model.interpreter import OLDEST, Interpreter
from badgateway.process import look_at_python
from badgateway.process.account import Account
from badgateway.process.child import Command
from badgateway.process.running import run_to_end

DEADLINE_S = 30.0
_KEY = "application.python"


@cache
def kits_own() -> Interpreter:
    """Return the interpreter that runs the kit."""
    return _interpreter(Path(sys.executable), look_at_python.found())


def read_interpreter(program: Path, *, folder: Path, account: Account | None, key: str = _KEY) -> Interpreter:
    """Start an interpreter, as the account, and return what it says of itself.

    Args:
        program: Its path; not that of what a link leads to.
        folder: A folder that the account can enter, and in which only the kit can write: its log is left there.
        account: Whose process it is to be; None is the kit's own.
        key: What names it: a key of an experiment's file, or an option.

    Raises:
        ConfigurationError: It is no Python, or one that is too old.
        DeploymentError: It cannot be started.
    """
    # Isolated: nothing of the folder or of the user's own is imported.
    argv = (str(program), "-I", "-c", Path(look_at_python.__file__).read_text(encoding="utf-8"))
    environment = {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8"}
    log = folder / "interpreter.log"
    command = Command(name=key, argv=argv, environment=environment, directory=folder, log=log, account=account)
    try:
        printed = run_to_end(command, deadline_s=DEADLINE_S)
    except DeploymentError as error:
        _, *lines = str(error).split("\n")
        if not lines:
            raise
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
        raise DeploymentError(
            f"{key}: {program} does not answer as a Python interpreter does ({last}); name the site's own, such as "
            ".venv/bin/python"
        ) from error
    try:
        found = _interpreter(program, json.loads(printed.splitlines()[-1]))
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigurationError(f"{key}: {program} is no Python interpreter; name the site's own") from error
    if tuple(int(part) for part in found.version.split(".")[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ConfigurationError(f"{key}: {program} is {found.label}; sites are run with Python {oldest} or later")
    return found


def _interpreter(program: Path, found: Any) -> Interpreter:  # as JSON has it
    return Interpreter(
        program=program,
        implementation=str(found["implementation"]),
        version=str(found["version"]),
        tag=str(found["tag"]),
        prefix=Path(found["prefix"]),
        packages=dict(found["packages"]),
    )
