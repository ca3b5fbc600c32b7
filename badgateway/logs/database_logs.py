"""What databases write into logs of their own, read as a server's: it tells why an application got no answer."""

import re
from collections.abc import Mapping
from functools import cache

from badgateway.databases.database_kind import DatabaseLog
from badgateway.databases.registry import databases
from badgateway.servers.log import ServerLine, ServerLog, epoch_s, rules

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?: +|T)(\d{1,2}:\d\d:\d\d)(?:\.\d+)?( ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)\b)?")


@cache
def database_logs() -> Mapping[str, ServerLog]:
    """Return how each of them is read, by its kind of log.

    Raises:
        ConfigurationError: Another package's database cannot be loaded.
    """
    found = (_log(one.log_kind, one.log) for one in databases() if one.log is not None)
    return {log.kind: log for log in found}


def _log(kind: str, log: DatabaseLog) -> ServerLog:
    return ServerLog(
        kind=kind,
        example=log.example,
        own=re.compile(log.own),
        words=log.words,
        line=_dated,
        rules=rules(*log.texts),
        has_local_times=True,
    )


def _dated(line: str, utc_offset_s: float) -> ServerLine:
    match = _STAMP.match(line)
    if match is None:
        return ServerLine(text=line, has_prefix=True)
    zone = (match[3] or "").strip()
    offset = "+00:00" if zone in ("", "Z", "UTC", "GMT") else zone
    written_s = epoch_s(f"{match[1]} {match[2]:0>8}{offset}")
    time_s = None if written_s is None else written_s - (0.0 if zone else utc_offset_s)
    return ServerLine(text=line[match.end() :], time_s=time_s, has_prefix=True)
