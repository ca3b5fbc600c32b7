"""In which of a repository's folders a server is started, and where else it looks for modules, as its command says."""

import os
import shlex
from dataclasses import replace
from pathlib import PurePosixPath

from badgateway.draft.repository import Repository
from badgateway.draft.today import Today

_SENT = ", so what it loads there is not known"


def in_its_folder(repository: Repository, today: Today | None) -> tuple[Repository, Today | None]:
    """Return the repository as its server is started in it, and the command without the folder, or why it cannot be.

    A run starts each server in `application.directory`: what a command says of that becomes this key.
    """
    if today is None or not (today.folder or today.paths):
        return repository, today
    folder = _inside(repository, PurePosixPath(today.folder))
    if folder is None:
        why = f"it runs in {today.folder}, which is no folder of this repository{_SENT}"
        return repository, replace(today, why_not=why)
    if today.folder:
        manage = repository.manage
        if manage and not manage.is_relative_to(folder):
            return repository, replace(today, why_not=f"it runs in {folder}, and a run in the folder of {manage}")
        repository = replace(repository, served_in=folder)
    return repository, _with_paths(repository, folder, today)


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


def _inside(repository: Repository, place: PurePosixPath) -> PurePosixPath | None:
    """Return a folder without what leads up and down again; None where the repository has none of that name."""
    plain = PurePosixPath(os.path.normpath(place))
    is_inside = not plain.is_absolute() and ".." not in plain.parts
    return plain if is_inside and (repository.root / plain).is_dir() else None
