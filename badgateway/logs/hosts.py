"""Tells the logs of several machines apart: by the folders that they lie in, or by what each line names."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.log_evidence import LogFile
from badgateway.model.evidence import FAILURES, PROXY_ERRORS, SERVER_EVENTS
from badgateway.servers.registry import server_logs

_TABLES = tuple(table.name for table in (FAILURES, PROXY_ERRORS, SERVER_EVENTS))


def note_hosts(connection: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> None:
    """Note of each row of evidence which machine's it is, where that is known.

    Args:
        connection: With what was read; each row has the machine that its line names, if it names one.
        files: Where it was read from.
    """
    in_folders = hosts(files)
    # Three statements that a log without machines, as most are, would only wait for.
    if not in_folders and not any(file.host for file in files):
        return
    named = [] if in_folders else named_hosts(files)
    for table in _TABLES:
        connection.execute(
            f"UPDATE {table} SET host = NULL WHERE host NOT IN (SELECT unnest(CAST(? AS VARCHAR[])))",  # noqa: S608
            [named],
        )
        for name, host in in_folders.items():
            connection.execute(f"UPDATE {table} SET host = ? WHERE file = ?", [host, name])  # noqa: S608 # as above


def hosts(files: Sequence[LogFile]) -> Mapping[str, str]:
    """Return the machine of each file, by the file's name; a file that may be of any of them is left out.

    Folders are machines where at least two of them hold both a proxy's log and a server's: else they may be one
    machine's folders for the logs of each program.
    """
    for depth in range(max((len(_folders(file.name)) for file in files), default=0), 0, -1):
        of_folder: dict[str, list[LogFile]] = {}
        for file in files:
            if len(_folders(file.name)) >= depth:
                of_folder.setdefault("/".join(_folders(file.name)[:depth]), []).append(file)
        machines = _machines(of_folder)
        if machines:
            return {file.name: folder for folder in machines for file in of_folder[folder]}
    return {}


def named_hosts(files: Sequence[LogFile]) -> Sequence[str]:
    """Return the machines that lines name, under the same condition: one may have all proxies, another a server."""
    of_host: dict[str, list[LogFile]] = {}
    for file in files:
        if file.host:
            of_host.setdefault(file.host, []).append(file)
    return _machines(of_host)


def _folders(name: str) -> tuple[str, ...]:
    return tuple(name.split("/")[:-1])


def _machines(groups: Mapping[str, Sequence[LogFile]]) -> Sequence[str]:
    machines = [name for name, files in groups.items() if _is_machine(files)]
    return machines if len(machines) > 1 else []


def _is_machine(files: Iterable[LogFile]) -> bool:
    kinds = {file.kind for file in files} - {None} - machine_logs().keys()
    of_servers = server_logs().keys()
    return bool(kinds & of_servers) and bool(kinds - of_servers)
