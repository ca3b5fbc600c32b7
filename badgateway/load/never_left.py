"""Tells from a trial's rows which requests never left the load generator: its own machine let none connect."""

import errno
import os
from pathlib import Path

import duckdb

from badgateway.model.in_memory import small_database
from badgateway.model.raw import CLIENT_COLUMNS, CLIENT_ROWS
from badgateway.model.raw_words import ClientError
from badgateway.model.trial import NEVER_LEFT, Disturbance, OutsidePart
from badgateway.numbers import plural

_NO_PORT = os.strerror(errno.EADDRNOTAVAIL)
_OWN = (
    _NO_PORT,
    # Its own files and memory, and no way from its network to any other.
    *map(os.strerror, (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENETUNREACH)),
)
"""What a row says that the kernel of the generator told it, and no other machine."""
_FOUND = """
SELECT detail, count(*), min(TRY_CAST(start_s AS DOUBLE)) FROM client WHERE error = ? AND detail IN (SELECT unnest(?))
GROUP BY detail ORDER BY count(*) DESC, detail
"""


def never_left(raw: Path, ports: tuple[int, int] | None) -> tuple[Disturbance, ...]:
    """Return at most one disturbance for each reason why requests never left the load generator.

    No configuration answers for them: no other machine has heard of them.

    Args:
        raw: The trial's folder.
        ports: The first and the last that the machine of `[places.load]` has; None where it has none of its own.
    """
    return tuple(
        Disturbance(
            part=OutsidePart.GENERATOR,
            what=f"{plural(count, 'request')} {NEVER_LEFT}: {detail}{_whose(ports) if detail == _NO_PORT else ''}",
            at_s=start_s,
        )
        for detail, count, start_s in _rows(raw / CLIENT_ROWS)
    )


def _whose(ports: tuple[int, int] | None) -> str:
    if ports is None:
        return ", for the local ports of its machine were taken"
    first, last = ports
    return f", for places.load has {last - first + 1:,} local ports, {first} to {last}"


def _rows(rows: Path) -> list[tuple[str, int, float | None]]:
    columns = dict.fromkeys(CLIENT_COLUMNS, "VARCHAR")
    with small_database() as connection:
        try:
            connection.read_csv(str(rows), columns=columns, header=True, auto_detect=False, delimiter=",").create_view(
                "client"
            )
            return connection.execute(_FOUND, [ClientError.CONNECT_ERROR, list(_OWN)]).fetchall()
        except duckdb.Error:
            # Rows that cannot be read make the trial INVALID by themselves.
            return []
