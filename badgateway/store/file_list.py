"""The list of a trial's files, each with its length and digest as it was stored; what is not so any more is named."""

import hashlib
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from badgateway.errors import UntrustedFileError
from badgateway.model import raw
from badgateway.store.packed import SUFFIX
from badgateway.store.plain_file import PIECE_BYTES, open_plain, replacing


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file as it was when its trial was stored."""

    name: Annotated[str, Field(pattern="^[^/]+$")]
    length_bytes: Annotated[int, Field(ge=0)]
    sha256: str
    """In hexadecimal digits."""


MOST_BYTES = 1 << 20
"""Of the list itself."""
_LIST = TypeAdapter(tuple[StoredFile, ...])


def write_list(folder: Path) -> None:
    """List all files that are in a folder now; what is derived from them later is not to be in it.

    Raises:
        OSError: A file cannot be read, or the list cannot be written.
    """
    files = tuple(_stored(path) for path in sorted(folder.iterdir()))
    (folder / raw.FILES).write_bytes(_LIST.dump_json(files, indent=1) + b"\n")


def renew(folder: Path, names: AbstractSet[str]) -> None:
    """Have the list say how these files are now, and that those which are not there any more are not in it.

    Raises:
        OSError: A file cannot be read, or the list cannot be written.
    """
    with open_plain(folder / raw.FILES) as file:
        before = _LIST.validate_json(file.read(MOST_BYTES))
    now = [_stored(folder / name) for name in names if os.path.lexists(folder / name)]
    files = sorted([*(one for one in before if one.name not in names), *now], key=lambda one: one.name)
    with replacing(folder / raw.FILES) as beside:
        beside.write_bytes(_LIST.dump_json(tuple(files), indent=1) + b"\n")


def damages(folder: Path) -> tuple[str, ...]:
    """Return what is missing, shorter or altered since the folder's list was written, one clause each.

    What is read of a trial must be in the list; other files do not count.
    """
    try:
        with open_plain(folder / raw.FILES) as file:
            files = _LIST.validate_json(file.read(MOST_BYTES))
    except FileNotFoundError:
        return (f"{raw.FILES} is missing, which lists the trial's files",)
    except (OSError, UntrustedFileError, ValidationError):
        return (f"{raw.FILES} is damaged, which lists the trial's files",)
    return (*_damages(folder, files), *_unlisted(folder, {file.name for file in files}))


def _unlisted(folder: Path, listed: AbstractSet[str]) -> Iterator[str]:
    for form in (*raw.READ, *(f"{name}{SUFFIX}" for name in raw.READ)):
        if form not in listed and os.path.lexists(folder / form):
            yield f"{form} is not in {raw.FILES}, so nobody knows whether it was altered"


def _damages(folder: Path, files: tuple[StoredFile, ...]) -> Iterator[str]:
    for then in files:
        try:
            now = _stored(folder / then.name)
        except FileNotFoundError:
            yield f"{then.name} is missing"
        except (OSError, UntrustedFileError) as error:
            reason = str(error).replace(f"{folder}{os.sep}", "")
            yield f"{then.name} cannot be read: {reason}"
        else:
            if now.length_bytes < then.length_bytes:
                lengths = f"{now.length_bytes:,} of {then.length_bytes:,} bytes"
                yield f"{then.name} is shorter than when it was stored ({lengths})"
            elif now != then:
                yield f"{then.name} was altered since it was stored"


def _stored(path: Path) -> StoredFile:
    with open_plain(path) as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
        return StoredFile(name=path.name, length_bytes=file.tell(), sha256=digest.hexdigest())
