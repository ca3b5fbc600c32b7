"""Tells the logs of several machines apart, where they lie in a folder for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb

from badgateway.logs.evidence import LogFile
from badgateway.logs.servers import server_logs
from badgateway.model.evidence import FAILURES, PROXY_ERRORS, SERVER_EVENTS, LogKind

_ANYBODYS = frozenset({LogKind.KERNEL})


def note_hosts(connection: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> None:
    """Note of each row of evidence which machine's it is, where that is known.

    Args:
        connection: With what was read.
        files: Where it was read from.
    """
    for name, host in hosts(files).items():
        for table in (FAILURES, PROXY_ERRORS, SERVER_EVENTS):
            connection.execute(f"UPDATE {table.name} SET host = ? WHERE file = ?", [host, name])  # noqa: S608


def hosts(files: Sequence[LogFile]) -> Mapping[str, str]:
    """Return the machine of each file, by the file's name; a file that may be of any of them is left out.

    Folders are machines where at least two of them hold both a proxy's log and a server's: else they may be one
    machine's folders for the logs of each program.
    """
    for depth in range(max((len(_folders(file.name)) for file in files), default=0), 0, -1):
        of_folder: dict[tuple[str, ...], list[LogFile]] = {}
        for file in files:
            of_folder.setdefault(_folders(file.name)[:depth], []).append(file)
        machines = {folder: own for folder, own in of_folder.items() if len(folder) == depth and _is_machine(own)}
        if len(machines) > 1:
            return dict(_named(machines))
    return {}


def _folders(name: str) -> tuple[str, ...]:
    return tuple(name.split("/")[:-1])


def _is_machine(files: Iterable[LogFile]) -> bool:
    kinds = {file.kind for file in files} - {None} - _ANYBODYS
    of_servers = server_logs().keys()
    return bool(kinds & of_servers) and bool(kinds - of_servers)


def _named(machines: Mapping[tuple[str, ...], Sequence[LogFile]]) -> Iterator[tuple[str, str]]:
    for folder, files in machines.items():
        for file in files:
            yield file.name, "/".join(folder)
