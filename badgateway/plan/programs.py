"""The programs that an experiment needs: where its children look for them, and which are not there."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable, printable_part
from badgateway.servers.registry import server_of

SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec")
"""Where nginx and mariadbd are, for accounts whose PATH does not say so."""
PROXY = "nginx"
KITS_OWN = "python"
"""Not the one in PATH, but the interpreter that has the application's packages."""


def search_path() -> str:
    """Return the caller's PATH with the system's program directories at its end."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_DIRECTORIES])


def database_program(system: DatabaseSystem) -> Path | None:
    """Return the newest program that serves databases of a system; None where none is installed."""
    for name in system.programs:
        found = shutil.which(name, path=os.pathsep.join((search_path(), *_directories(system))))
        if found:
            return Path(found)
    return None


def _directories(system: DatabaseSystem) -> list[str]:
    root = Path("/")
    found = (sorted(root.glob(pattern.lstrip("/")), key=_numbers, reverse=True) for pattern in system.directories)
    return [str(place) for places in found for place in places]


def _numbers(place: Path) -> list[int]:
    # 15 is newer than 9.6.
    return [int(digits) for digits in re.findall(r"\d+", str(place))]


def not_installed(experiment: Experiment) -> Iterator[str]:
    """Yield one line for each part that an experiment needs and that is not installed, with what installs it."""
    if not shutil.which(PROXY, path=search_path()):
        yield f"{PROXY} is not installed; install it (Debian: apt-get install nginx-light)"
    system = database_of(experiment)
    if database_program(system) is None:
        yield f"{system.label} is not installed: no {system.programs[0]} in PATH; {system.install}"
    drivers = {one.driver for one in experiment.configurations}
    of_servers = chain.from_iterable(server_of(one).distributions[:1] for one in experiment.configurations)
    of_drivers = (driver.distribution for driver in system.drivers if driver.name in drivers)
    for name in dict.fromkeys(chain(of_servers, of_drivers)):
        if not _has_package(name):
            yield f"the package {name} is not installed in {sys.prefix}; install it there (pip install {name})"


def _has_package(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def command_faults(experiment: Experiment, folder: Path) -> Iterator[str]:
    """Yield one line for each command whose program, or Python script, is not there.

    Args:
        experiment: Has the commands.
        folder: The application's: the commands are run in it.
    """
    commands = [
        ("application.prepare", experiment.application.prepare),
        ("application.restore", experiment.application.restore),
        *((f"configurations[{one.name}].background", one.background) for one in experiment.configurations),
    ]
    for key, command in commands:
        fault = _fault(command, folder) if command else ""
        if fault:
            yield f"{key}: {fault}"


def _fault(command: tuple[str, ...], folder: Path) -> str:
    program, *arguments = command
    if program == KITS_OWN:
        return _fault_of_script(arguments[0], folder) if arguments else ""
    if os.sep in program:
        return _fault_of_path(folder / program)
    if shutil.which(program, path=search_path()):
        return ""
    return f"program {printable_part(program)} is not in PATH; install it, or write the path that it has"


def _fault_of_script(script: str, folder: Path) -> str:
    if not script.endswith(".py") or os.path.isfile(folder / script):  # noqa: PTH113 # no path is too odd for it
        return ""
    return f"no such file: {printable(str(folder / script))}; it is looked for in application.directory"


def _fault_of_path(path: Path) -> str:
    word = printable(str(path))
    if not os.path.isfile(path):  # noqa: PTH113 # no path is too odd for it
        return f"no such program: {word}; it is looked for in application.directory, unless its path begins with /"
    return "" if os.access(path, os.X_OK) else f"{word} cannot be executed; let it be (chmod +x), or name its program"
