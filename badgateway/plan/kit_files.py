"""Finds files of a project that may be the kit's own: server files called kit:NAME, the journal and the templates."""

from pathlib import Path, PurePosixPath

KIT = "kit:"
"""In front of the name of a server file that the kit brings."""
JOURNAL = PurePosixPath("servers/journal.py")
"""Where a project has it that brings a journal and templates of its own, as the kit's does."""
_COPIES = PurePosixPath(".badgateway-kit")
_IN_THE_WHEEL = Path(__file__).parents[1] / "server_files"
_IN_THE_PROJECT = Path(__file__).parents[2] / "servers"


def kit_folder() -> Path:
    """Return the folder of the kit's own server files: a wheel brings it, and an editable install leads to it."""
    return _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else _IN_THE_PROJECT


def is_kits(file: PurePosixPath) -> bool:
    """Tell whether a server file is called as one of the kit's own."""
    return str(file).startswith(KIT)


def plain_name(file: PurePosixPath) -> PurePosixPath:
    """Return the path of a server file as its server sees it, without the mark of the kit's own."""
    return PurePosixPath(str(file).removeprefix(KIT))


def located(root: Path, file: PurePosixPath) -> Path:
    """Return where the original of a configuration's server file is."""
    return kit_folder() / plain_name(file) if is_kits(file) else root / file


def located_or_kits(root: Path, file: PurePosixPath) -> Path:
    """Return the project's own journal or template, or that of the kit, where the project brings none.

    A project without a journal is a site that knows nothing of the kit: what it has in servers/ is for its own use.
    """
    own = root / file
    return own if own.exists() and (root / JOURNAL).exists() else kit_folder() / file.name


def copy_of(file: PurePosixPath) -> PurePosixPath:
    """Return where a snapshot has the copy of a server file."""
    return _COPIES / plain_name(file) if is_kits(file) else file
