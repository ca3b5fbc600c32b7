"""Finds the command that serves a site in a script of its repository, which a Procfile, an image or a unit starts."""

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from badgateway.draft.repository import Repository
from badgateway.servers.serving_command import ServingCommand, commands_of, lines_in

_COPIED = re.compile(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(\S+)\s+(\S+)\s*$", re.MULTILINE | re.IGNORECASE)
_WORKDIR = re.compile(r"^\s*WORKDIR\s+(\S+)", re.MULTILINE | re.IGNORECASE)
_CONTINUED = re.compile(r"\\\n")
_ARGUMENTS = re.compile(r"""\s+(?:"\$[@*]"|\$[@*])""")
"""Of the script's own: those of the command that starts it, and mostly none."""
_SAYS_NOTHING = re.compile(r"\s*(?:#|echo\b|printf\b)")
_OF_A_SHELL = re.compile(r"#!.*\b(?:sh|bash|dash|ash|zsh)\b")


def served_by_script(repository: Repository, file: PurePosixPath) -> tuple[ServingCommand, PurePosixPath] | None:
    """Return the one command with which a script serves that a file starts, and the script; None where none does.

    A script that may start one of several says nothing: which one, it decides while it runs.
    """
    for line in lines_in(file, repository.text(file)):
        for script in () if line.fault else _scripts(repository, file, line.text):
            found = _commands(repository.text(script))
            if len(found) == 1:
                return found[0], script
    return None


def _commands(text: str) -> list[ServingCommand]:
    lines = _ARGUMENTS.sub("", _CONTINUED.sub("  ", text)).splitlines()
    # As one line, for what is set above holds below.
    joined = "; ".join(line for line in lines if not _SAYS_NOTHING.match(line))
    return list({one.command: one for one in commands_of(joined)}.values())


def _scripts(repository: Repository, file: PurePosixPath, line: str) -> Iterator[PurePosixPath]:
    """Yield the scripts of a shell's among the words of a line."""
    for word in shlex.split(line):
        places = _places(repository, file, PurePosixPath(word)) if not word.startswith("-") else ()
        yield from (place for place in places if _OF_A_SHELL.match(repository.text(place)))


def _places(repository: Repository, file: PurePosixPath, word: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield where in the repository a program may be: as the file has put it there, beside the file, at the top."""
    text = _CONTINUED.sub("  ", repository.text(file))
    places = [] if word.is_absolute() else [word]
    for source, target in ((PurePosixPath(one), PurePosixPath(other)) for one, other in _COPIED.findall(text)):
        if word.is_relative_to(target):
            places += [source / word.relative_to(target)] if source.name != word.name else [source]
    folders = map(PurePosixPath, _WORKDIR.findall(text))
    places += [word.relative_to(folder) for folder in folders if word.is_relative_to(folder)]
    for place in places:
        if not (place.is_absolute() or ".." in place.parts):
            yield from (place, file.parent / place)
