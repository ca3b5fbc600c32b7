"""Which part of a knob is the reader's: a cause of two servers names both, and the logs tell which one it is."""

from collections.abc import Iterable

from badgateway.model.evidence import LogKind
from badgateway.model.explanation import FileRead

_SERVERS = {LogKind.UWSGI: "uWSGI", LogKind.GUNICORN: "Gunicorn"}


def foreign_servers(files: Iterable[FileRead]) -> frozenset[str]:
    """Return the servers that are not in use; empty when the logs do not tell."""
    kinds = {file.kind for file in files}
    present = {name for kind, name in _SERVERS.items() if kind in kinds}
    return frozenset(_SERVERS.values()) - present if present else frozenset()


def relevant(knob: str, foreign: frozenset[str]) -> str:
    """Return the knob 'uWSGI: listen; Gunicorn: backlog' without what turns nothing here; never nothing of it."""
    parts = knob.split("; ")
    # A setting of another server would be new advice: 'run that server instead'. It stays only if nothing else does.
    kept = [part for part in parts if not part.startswith(tuple(f"{server}:" for server in foreign))] if foreign else []
    return "; ".join(kept or parts)
