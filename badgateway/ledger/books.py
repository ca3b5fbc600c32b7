"""Reads the books of a trial, each raw file once, into tables of one connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.ledger.app import load_app
from badgateway.ledger.balance import count_books
from badgateway.ledger.client import load_client
from badgateway.ledger.error_log import load_errors
from badgateway.ledger.proxy import load_proxy
from badgateway.ledger.refused import name_refused
from badgateway.model.raw import ACCESS_LOG, CLIENT_ROWS, ERROR_LOG, JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What client, proxy and application wrote about the requests of a trial, side by side."""

    connection: duckdb.DuckDBPyConnection
    """With the tables `client`, `proxy`, `app`, `journal` and `error_lines`."""
    probe_connections: frozenset[int]
    """nginx's numbers of the connections that carried only readiness probes."""
    has_app: bool
    """False in a trial of before there was a journal."""
    counts: Mapping[str, int | None]
    """Of each book for itself; as fields of Balance."""
    app_twice: int
    """How many requests the application started again."""
    has_to_close: bool = True
    """Whether each request has to be in the proxy's book; that of a site that already runs has what its logs have."""


def read_books(connection: duckdb.DuckDBPyConnection, raw: Path) -> Books:
    """Read the books of one trial.

    Args:
        connection: A database without tables; that of what is made of the books.
        raw: The trial's folder.

    Raises:
        RawDataError: A file is missing, or something in it cannot be believed.
    """
    load_client(connection, raw / CLIENT_ROWS)
    probe_connections = load_proxy(connection, raw / ACCESS_LOG)
    name_refused(connection)
    has_app = load_app(connection, raw / JOURNAL)
    load_errors(connection, raw / ERROR_LOG)
    counts = count_books(connection, has_app=has_app)
    app_twice = counts.pop("app_twice")
    return Books(
        connection=connection,
        probe_connections=probe_connections,
        has_app=has_app,
        counts=counts,
        app_twice=app_twice or 0,
    )
