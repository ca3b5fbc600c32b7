"""Finds, before anything starts, what an experiment needs of its project's files and would not get."""

import os
import stat
import warnings
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from badgateway.databases.registry import database_faults, database_of
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.knob import WorkerModel
from badgateway.model.masking import is_secret_file
from badgateway.model.printable import printable
from badgateway.plan.kit_files import JOURNAL, located, located_or_kits, plain_name
from badgateway.plan.placeholders import address_fault, placeholder_faults
from badgateway.plan.places import listening_fault, placing_faults
from badgateway.plan.programs import command_faults, python_fault, site_python
from badgateway.plan.running_site import certificate_fault
from badgateway.plan.services import service_faults
from badgateway.plan.site_modules import ENVIRONMENT_MARK, module_fault
from badgateway.plan.templates import NGINX, template_fault, template_values
from badgateway.servers.registry import kind_fault, server_of, setting_faults, shown_model

MOST_BYTES = 8_000_000
"""Of a file of text: a Locust file with its data in it is a hundred times smaller."""
NOT_COPIED = ("__pycache__", ".git", ".venv", ".nox", "node_modules")
"""Folders of the application's that no server needs."""


def file_faults(experiment: Experiment, root: Path) -> Iterator[str]:
    """Yield one line a fault of the project at root: key, what is wrong with its file, and what to do."""
    found = _fault(root, experiment.load.locustfile, _fault_of_python)
    yield from _of_key("load.locustfile", found)
    if experiment.target is not None:
        yield from certificate_fault(experiment, root)
        return
    python = site_python(experiment, root)
    yield from _of_key("application.python", python_fault(python) if python else "")
    directory = experiment.application.directory
    fault = _fault_of_folder(root, directory)
    yield from _of_key("application.directory", fault)
    if not fault:
        yield from _of_key("application.directory", _fault_inside(root, directory))
        yield from _of_key("application.wsgi", module_fault(experiment.application.wsgi, root / directory, python))
        yield from command_faults(experiment, root / directory, python)
    for one in experiment.configurations:
        yield from (f"configurations[{one.name}].{fault}" for fault in _faults_of_server(one, experiment, root))
    yield from service_faults(experiment)
    yield from placing_faults(experiment)
    yield from placeholder_faults(experiment)
    if fault := address_fault(experiment, os.environ):
        yield fault
    faults = list(database_faults(experiment))
    yield from faults or _faults_of_kits_own(experiment, root)


def _faults_of_server(one: Configuration, experiment: Experiment, root: Path) -> Iterator[str]:
    check = _fault_of_python if one.server.suffix == ".py" else _fault_of_text
    unread, unknown = _fault(root, one.server, check, located(root, one.server)), kind_fault(one)
    if unknown:
        # A name that was mistyped is mostly that of no file at all.
        yield from _of_key("server", unread) if unread else (unknown,)
        return
    server = server_of(one)
    fault = server.file_fault(plain_name(one.server)) or unread
    yield from _of_key("server", fault)
    yield from setting_faults(one, server)
    if not fault:
        yield from _of_key("server", _fault_of_interface(one, experiment, root))


def _fault_of_interface(one: Configuration, experiment: Experiment, root: Path) -> str:
    application = experiment.application
    model = one.worker_model or shown_model(one, _decoded(located(root, one.server))[0])
    if model is not WorkerModel.EVENT_LOOP or not (root / application.directory).is_dir():
        return ""
    fault = module_fault(application.asgi, root / application.directory, site_python(experiment, root))
    return f"{one.command or one.server.name} runs an ASGI application; application.asgi: {fault}" if fault else ""


def _faults_of_kits_own(experiment: Experiment, root: Path) -> Iterator[str]:
    """Yield what is wrong with the files that every project has or gets from the kit, and no key names."""
    checks: dict[PurePosixPath, Callable[[Path], str]] = {JOURNAL: _fault_of_python}
    templates = template_values(database_of(experiment))
    checks |= {file: partial(_fault_of_template, values=values) for file, values in templates.items()}
    checks[NGINX] = partial(_fault_of_proxys_template, check=checks[NGINX], experiment=experiment)
    for file, check in checks.items():
        fault = _fault(root, file, check, located_or_kits(root, file))
        if fault:
            yield fault


def _of_key(key: str, fault: str) -> Iterator[str]:
    if fault:
        yield f"{key}: {fault}"


def _fault(root: Path, file: PurePosixPath, check: Callable[[Path], str], place: Path | None = None) -> str:
    """Return what is wrong with a file of the project, or the kit's own at that place."""
    path = place or root / file
    try:
        if not path.exists():
            return f"no such file: {_word(path)}{_choices(path)}"
        if not path.is_file():
            return f"{_word(path)} is no file, but {_kind(path)}; name a file{_choices(path)}"
        return (_fault_of_link(root, path) if path == root / file else "") or check(path)
    except OSError as error:
        return f"{_word(path)}: cannot be read: {error.strerror or error}"


def _fault_of_folder(root: Path, directory: PurePosixPath) -> str:
    path = root / directory
    try:
        if not path.exists():
            return f"no such folder: {_word(path)}"
        if not path.is_dir():
            return f"{_word(path)} is no folder; name the folder with the site's manage.py"
        return _fault_of_link(root, path)
    except OSError as error:
        return f"{_word(path)}: cannot be read: {error.strerror or error}"


def _fault_of_link(root: Path, path: Path) -> str:
    target = path.resolve()
    if target.is_relative_to(root.resolve()):
        return ""
    return f"{_word(path)} is a link out of the project, to {_word(target)}; put a copy into the project"


def _fault_inside(root: Path, directory: PurePosixPath) -> str:
    """Return what of the application's folder could not be copied: the first thing in the order of names.

    In a repository, git has to be asked what is copied, which a plan does not do.
    """
    if git_folder(root / directory):
        return ""
    for folder, folders, files in os.walk(root / directory):
        left_out = not_copied(Path(folder), (*folders, *files))
        folders[:] = sorted(name for name in folders if name not in left_out)
        for name in sorted({*folders, *files} - left_out):
            fault = fault_of_entry(root, Path(folder) / name)
            if fault:
                return fault
    return ""


def git_folder(folder: Path) -> Path | None:
    """Return the folder of the repository that a folder is in; None where it is in none."""
    return next((one for one in (folder.absolute(), *folder.absolute().parents) if (one / ".git").exists()), None)


def not_copied(folder: Path, names: Collection[str]) -> set[str]:
    """Return which files and folders in a folder of the application's a run leaves where they are."""
    # A site that found a file of variables would run on the database that it names.
    by_name = {name for name in names if name in NOT_COPIED or is_secret_file(name)}
    return by_name | {name for name in names if (folder / name / ENVIRONMENT_MARK).is_file()}


def fault_of_entry(root: Path, path: Path) -> str:
    """Return why a file of the application's could not be copied; empty where it can, or is left out."""
    if path.resolve() != root.resolve() / path.relative_to(root):
        return _fault_of_link(root, path) if path.exists() else ""
    needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    is_copied = stat.S_ISREG(path.lstat().st_mode) or path.is_dir()
    return f"{_word(path)} cannot be read; let it be readable" if is_copied and not os.access(path, needed) else ""


def _fault_of_text(path: Path) -> str:
    return _decoded(path)[1]


def _fault_of_template(path: Path, values: Collection[str]) -> str:
    text, fault = _decoded(path)
    if fault:
        return fault
    unfilled = template_fault(text, values)
    return f"{_word(path)}, {unfilled}" if unfilled else ""


def _fault_of_proxys_template(path: Path, check: Callable[[Path], str], experiment: Experiment) -> str:
    fault = check(path)
    return fault or listening_fault(_word(path), _decoded(path)[0], experiment.places)


def _fault_of_python(path: Path) -> str:
    source, fault = _decoded(path)
    if fault:
        return fault
    try:
        # What Python only warns of, such as a backslash, is said when the file is run.
        with warnings.catch_warnings(action="ignore"):
            compile(source, path.name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{_word(path)}, line {error.lineno}: {printable(error.msg)}; mend its Python"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{_word(path)}: no Python: {printable(str(error))}"
    return ""


def _decoded(path: Path) -> tuple[str, str]:
    if path.stat().st_size > MOST_BYTES:
        return "", f"{_word(path)}: is larger than {MOST_BYTES // 1_000_000} MB; name a file of text"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return "", f"{_word(path)}: byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
    if "\0" in text:
        return "", f"{_word(path)}: has a byte 0x00, so it is no text; save it as text in UTF-8"
    return text, ""


def _kind(path: Path) -> str:
    return "a folder" if path.is_dir() else "a device, a pipe or a socket"


def _word(path: Path) -> str:
    return printable(str(path))


def _choices(file: Path) -> str:
    siblings = (
        sorted(one.name for one in file.parent.glob(f"*{file.suffix}") if one.is_file())
        if file.parent.is_dir() and file.suffix
        else []
    )
    return f"; {file.parent.name}/ has {', '.join(map(printable, siblings))}" if siblings else ""
