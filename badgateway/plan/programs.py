"""The programs that an experiment needs: where its children look for them, and which are not there."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.model.experiment import Experiment
from badgateway.model.interpreter import Interpreter
from badgateway.model.knob import WorkerModel
from badgateway.model.printable import printable, printable_part
from badgateway.plan.services import services_of
from badgateway.servers.registry import server_of, worker_model

SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec")
"""Where nginx and mariadbd are, for accounts whose PATH does not say so."""
PROXY = "nginx"
PYTHON = "python"
"""Not the one in PATH, but the interpreter that has the application's packages."""


def search_path(python: Path | None = None) -> str:
    """Return the caller's PATH with the system's program directories at its end, and a site's own at its beginning."""
    own = [str(python.parent)] if python else []
    return os.pathsep.join([*own, os.environ.get("PATH", os.defpath), *SYSTEM_DIRECTORIES])


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


def site_python(experiment: Experiment, root: Path) -> Path | None:
    """Return the site's own interpreter; None where that is the kit's."""
    python = experiment.application.python
    # No link is followed: what an environment's leads to has not its packages.
    return None if python is None else root.absolute() / python


def server_packages(experiment: Experiment) -> list[str]:
    """Return the distributions that the servers of an experiment are of, each once."""
    needed: list[str] = []
    for one in experiment.configurations:
        server, has_greenlets = server_of(one), worker_model(one) is WorkerModel.GREENLETS
        needed += (*server.distributions, *server.for_greenlets) if has_greenlets else server.distributions[:1]
    return list(dict.fromkeys(needed))


def not_installed(experiment: Experiment, there: Interpreter, kits: Interpreter) -> Iterator[str]:
    """Yield one line for each part that an experiment needs and that is not installed, with what installs it.

    Args:
        experiment: Needs it.
        there: The site's interpreter.
        kits: The kit's own, which lends its servers to one that can import them.
    """
    if experiment.target is not None:
        return
    if not shutil.which(PROXY, path=search_path()):
        yield f"{PROXY} is not installed; install it (Debian: apt-get install nginx-light)"
    system = database_of(experiment)
    own = system if isinstance(system, DatabaseSystem) and experiment.database.url is None else None
    if own is not None and database_program(own) is None:
        yield f"{own.label} is not installed: no {own.programs[0]} in PATH; {own.install}"
    for service in services_of(experiment):
        if not any(shutil.which(name, path=search_path()) for name in service.programs):
            yield f"{service.label} is not installed: no {service.programs[0]} in PATH; {service.install}"
    drivers = {one.driver for one in experiment.configurations}
    of_drivers = [driver.distribution for driver in system.drivers if driver.name in drivers and driver.distribution]
    of_servers = server_packages(experiment)
    lent = {name for name in of_servers if kits.version_of(name)} if there.fits(kits) else set[str]()
    for name in there.lacks([*of_servers, *of_drivers]):
        if name in lent:
            continue
        # Where the kit could lend it to another Python, its user wonders why it does not.
        why = f", and the kit's own is for {kits.label}" if name in of_servers and kits.version_of(name) else ""
        where = f"{there.prefix} ({there.label})" if why else f"{there.prefix}"
        yield f"the package {name} is not installed in {where}{why}; install it there ({there.installing(name)})"


def python_fault(python: Path) -> str:
    """Return what is wrong with a site's interpreter, by its path alone; empty when nothing."""
    word = printable(str(python))
    if not os.path.isfile(python):  # noqa: PTH113 # no path is too odd for it
        return f"no such program: {word}; make the site's environment there, or name the interpreter that has one"
    return "" if os.access(python, os.X_OK) else f"{word} cannot be executed; name the site's Python interpreter"


def command_faults(experiment: Experiment, folder: Path, python: Path | None = None) -> Iterator[str]:
    """Yield one line for each command whose program, or Python script, is not there.

    Args:
        experiment: Has the commands.
        folder: The application's: the commands are run in it.
        python: The site's own interpreter; beside it are programs too.
    """
    path = search_path(python)
    commands = [
        *(("application.prepare", command) for command in experiment.application.prepare),
        ("application.restore", experiment.application.restore),
        *((f"configurations[{one.name}].background", one.background) for one in experiment.configurations),
    ]
    for key, command in commands:
        fault = _fault(command, folder, path) if command else ""
        if fault:
            yield f"{key}: {fault}"


def _fault(command: tuple[str, ...], folder: Path, path: str) -> str:
    program, *arguments = command
    if program == PYTHON:
        return _fault_of_script(arguments[0], folder) if arguments else ""
    if os.sep in program:
        return _fault_of_path(folder / program)
    if shutil.which(program, path=path):
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
