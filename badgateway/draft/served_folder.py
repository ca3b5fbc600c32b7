"""In which of a repository's folders a server is started, and where else it looks for modules, as its command says."""

import os
import re
import shlex
from dataclasses import replace
from pathlib import PurePosixPath

from badgateway.draft.repository import Repository
from badgateway.draft.today import Today, served_today

_OF_PATHS = ("src", "lib", "build", "dist", "node_modules")
"""Folders of packages that are installed from there, and copies of them."""
_PATH = re.compile(r"(?<![\w./:-])/[\w./-]+")
_SENT = ", so what it loads there is not known"


def in_its_folder(repository: Repository, today: Today | None) -> tuple[Repository, Today | None]:
    """Return the repository as its server is started in it, and the command without the folder, or why it cannot be.

    A run starts each server in `application.directory`: what a command says of that becomes this key.
    """
    if today is None:
        return repository, None
    placed, found = _placed(repository, today)
    return placed, _with_own_files(placed, found)


def _placed(repository: Repository, today: Today) -> tuple[Repository, Today]:
    if not (today.folder or today.paths):
        return _in_the_one_that_has_it(repository, today)
    folder = _inside(repository, PurePosixPath(today.folder)) or _deployed(repository, today)
    if folder is None:
        why = f"it runs in {today.folder}, which is no folder of this repository{_SENT}"
        return repository, replace(today, why_not=why)
    if today.folder:
        manage = repository.manage
        if manage and not manage.is_relative_to(folder):
            return repository, replace(today, why_not=f"it runs in {folder}, and a run in the folder of {manage}")
        repository = replace(repository, served_in=folder)
    return repository, _with_paths(repository, folder, today)


def _in_the_one_that_has_it(repository: Repository, today: Today) -> tuple[Repository, Today]:
    """Return the repository as started in the one folder with what the command loads, where it is not in its own.

    A Dockerfile in there copies that folder, and a platform is told which it is: neither says so in the command.
    """
    module = today.target.partition(":")[0]
    if not module or repository.manage or _has(repository, repository.directory, module):
        return repository, today
    found = _with_module(repository, module)
    if len(found) != 1:
        return repository, today
    served = replace(repository, served_in=found[0])
    # A server's own file is named from there.
    again = served_today(served)
    return served, again if again and again.source == today.source else today


def _deployed(repository: Repository, today: Today) -> PurePosixPath | None:
    """Return which folder stands for one of the machine that it is deployed to; None where that is not known."""
    place, module = PurePosixPath(today.folder), today.target.partition(":")[0]
    if not place.is_absolute() or not module:
        return None
    ends = (PurePosixPath(*place.parts[number:]) for number in range(len(place.parts) - 1, 0, -1))
    folders = (repository.directory, PurePosixPath(), *ends)
    return next((one for one in folders if _has(repository, one, module)), None)


def _has(repository: Repository, folder: PurePosixPath, module: str) -> bool:
    place = repository.root / folder / PurePosixPath(*module.split("."))
    return place.with_name(f"{place.name}.py").is_file() or (place / "__init__.py").is_file()


def _with_module(repository: Repository, module: str) -> list[PurePosixPath]:
    """Return the folders that have a module, but for those of which Python's path is made."""
    places = (place for above in ("*", "*/*") for place in sorted(repository.root.glob(above)) if place.is_dir())
    folders = (PurePosixPath(place.relative_to(repository.root)) for place in places)
    return [one for one in folders if not _is_passed_over(repository, one) and _has(repository, one, module)]


def _is_passed_over(repository: Repository, folder: PurePosixPath) -> bool:
    is_installed = any(folder.is_relative_to(one) or one.is_relative_to(folder) for one in repository.environments)
    return is_installed or any(name.startswith(".") or name in _OF_PATHS for name in folder.parts)


def _with_paths(repository: Repository, folder: PurePosixPath, today: Today) -> Today:
    """Return the command with the folders that it adds to Python's path, as they are called from where a run starts."""
    words, found = [today.command], []
    for option, value in today.paths:
        place = _inside(repository, folder / value)
        if place is None or not place.is_relative_to(repository.directory):
            why = f"it looks for modules in {value}, which is no folder of what a run copies{_SENT}"
            return replace(today, why_not=why)
        if place != repository.directory:
            inner = str(place.relative_to(repository.directory))
            found.append((option, inner))
            words.append(f"{option} {shlex.quote(inner)}")
    return replace(today, command=" ".join(words), paths=tuple(found))


def _with_own_files(repository: Repository, today: Today) -> Today:
    """Return the command with the repository's files where it names those of the machine that it is deployed to."""
    program, *words = today.command.split(" ")
    command = " ".join((program, *(_PATH.sub(lambda found: _own_file(repository, found[0]), word) for word in words)))
    return replace(today, command=command)


def _own_file(repository: Repository, path: str) -> str:
    """Return the file that has the end of a path, from where a server is started; the path where there is none."""
    names, folder = PurePosixPath(path).parts, repository.root / repository.directory
    ends = (PurePosixPath(*names[number:]) for number in range(1, len(names)))
    return next((str(end) for end in ends if (folder / end).is_file()), path)


def _inside(repository: Repository, place: PurePosixPath) -> PurePosixPath | None:
    """Return a folder without what leads up and down again; None where the repository has none of that name."""
    plain = PurePosixPath(os.path.normpath(place))
    is_inside = not plain.is_absolute() and ".." not in plain.parts
    return plain if is_inside and (repository.root / plain).is_dir() else None
