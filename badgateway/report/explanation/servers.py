"""Which application servers an explanation is about, so that nobody is told to change a server they do not have."""

from collections.abc import Iterable

from badgateway.model.evidence import LogKind
from badgateway.model.explanation import FileRead
from badgateway.model.server_kind import ServerKind

_KINDS = {LogKind.UWSGI: ServerKind.UWSGI, LogKind.GUNICORN: ServerKind.GUNICORN}


def in_use(files: Iterable[FileRead]) -> frozenset[ServerKind]:
    """Return the servers whose logs are among the files; all of them when the files do not tell."""
    return frozenset(_KINDS[file.kind] for file in files if file.kind in _KINDS) or frozenset(ServerKind)
