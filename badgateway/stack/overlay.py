"""Lends a site servers that its own environment has not: copies of the kit's own, behind what the site has."""

import re
import shutil
from collections.abc import Collection, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from badgateway.model.interpreter import normalized

PROGRAMS = "bin"
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")
_OF_AN_EXTRA = re.compile(r"\bextra\s*==\s*[\"']([\w.-]+)")
_NOT_LENT = ("__pycache__", "tests")
"""Folders that no server needs; gevent's own tests are most of it."""


def lend(names: Collection[str], installed: Collection[str], folder: Path) -> None:
    """Copy distributions of the kit's own environment, with what they need, into folder, which is made.

    Args:
        names: Of the distributions, also of those that the site has: an extra of one for another counts.
        installed: Normalized names of those that the site has: its own versions are the ones that count.
        folder: To be searched for modules; programs that are no Python are in a folder of it.
    """
    folder.mkdir(parents=True)
    for one in _with_what_they_need(names, set(installed)):
        for file in one.files or ():
            source = Path(str(one.locate_file(file)))
            target = _place(file.parts)
            if target is not None and source.is_file() and not (file.parts[0] == ".." and _is_script(source)):
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / target)


def _place(parts: tuple[str, ...]) -> Path | None:
    if parts[0] != "..":
        return None if set(parts[:-1]) & set(_NOT_LENT) else Path(*parts)
    # Beside the packages' folder only programs matter, such as ../../../bin/uwsgi.
    return Path(PROGRAMS, parts[-1]) if parts[-2] == "bin" else None


def _is_script(source: Path) -> bool:
    """Tell whether a program is a script, which would start the kit's own interpreter."""
    with source.open("rb") as file:
        return file.read(2) == b"#!"


def _with_what_they_need(names: Collection[str], there: set[str]) -> Iterator[Distribution]:
    """Yield distributions and what they require, also to be used with one another, but none that is there."""
    asked, seen, left = {normalized(name) for name in names}, set[str](), list(names)
    while left:
        name = normalized(left.pop())
        if name in seen or (name in there and name not in asked):
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            # Required only elsewhere, such as on another system.
            continue
        if name not in there:
            yield found
        for one in found.requires or ():
            extra, required = _OF_AN_EXTRA.search(one), _REQUIRED.match(one)
            # What the site has brings what it needs, but mostly not what it needs for gevent, say.
            if required and (normalized(extra[1]) in asked if extra else name not in there):
                left.append(required[0])
