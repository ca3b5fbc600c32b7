"""Reads a trial on a site that already runs: the client's rows, and the site's logs as its owner has them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from badgateway.analysis.explanation import given_kinds
from badgateway.causes import diagnose
from badgateway.errors import RawDataError
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.ledger.client import load_client
from badgateway.ledger.fill_site_evidence import fill_site_evidence
from badgateway.ledger.join import Ledger, join
from badgateway.ledger.messages import messages
from badgateway.ledger.processes import load_processes, uses
from badgateway.ledger.site_books import make_site_books, site_account
from badgateway.logs import Source, read_logs
from badgateway.logs.log_evidence import outermost_first
from badgateway.logs.requests import SITE_REQUESTS, add_site_requests, why_unknown
from badgateway.model.diagnosis import Diagnosis
from badgateway.model.evidence import DATED_LINES, PROXY_ERRORS, SERVER_EVENTS, TABLES
from badgateway.model.in_memory import own_database
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_EVENTS, CLIENT_ROWS, PROCESSES, SITE_LOGS
from badgateway.model.raw_words import TrialPhase
from badgateway.model.request_marks import id_sql, tokens_of
from badgateway.model.site_log import SiteAccount, read_site_logs
from badgateway.model.trial import TrialRecord
from badgateway.servers.registry import server_logs

_COPIED = {"site_errors": PROXY_ERRORS, "site_events": SERVER_EVENTS, "site_dated": DATED_LINES}
_COUNTS = f"""
SELECT count(*), count(*) FILTER (outcome <> '{Outcome.OK}' OR coalesce(upstream_tries, 1) > 1)
FROM ledger WHERE phase = '{TrialPhase.WINDOW}'
"""  # noqa: S608 # constants of the kit


def is_of_running_site(folder: Path) -> bool:
    """Tell whether a trial's folder is one of a site that was there already."""
    return (folder / SITE_LOGS).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logs:
    """What was read of them."""

    problems: tuple[str, ...]
    given: frozenset[str]
    """Their kinds."""


def read_site_evidence(folder: Path, record: TrialRecord, connection: duckdb.DuckDBPyConnection) -> TrialEvidence:
    """Read what the raw files of such a trial say.

    Args:
        folder: The trial's, as its files were written.
        record: How it went.
        connection: An empty database, which holds the rows of the evidence.

    Raises:
        RawDataError: A file is missing, or something in it cannot be believed.
    """
    load_client(connection, folder / CLIENT_ROWS)
    load_processes(connection, folder / PROCESSES)
    logs = _read_logs(folder, connection)
    kinds = outermost_first()
    books = make_site_books(connection, folder, kinds)
    account = site_account(connection, kinds, cut_short=_cut_short(folder), problems=logs.problems)
    ledger = join(books, record.window)
    return TrialEvidence(
        record=record,
        relation=ledger.relation,
        problem=ledger.balance.problem(),
        proxy_messages=messages(connection),
        uses=uses(connection, record.window),
        diagnosis=_diagnosis(ledger, folder, account, logs),
        site=account,
    )


def _read_logs(folder: Path, connection: duckdb.DuckDBPyConnection) -> _Logs:
    """Have the tables `site_requests`, `site_errors`, `site_events` and `site_dated` in the trial's database."""
    listed = read_site_logs(folder)
    problems = [f"{one.told_as}: {one.problem}" for one in listed if one.problem]
    sources = [Source(name=one.file, content=folder / one.file) for one in listed if one.file]
    unknown = {source.name: why for source in sources if (why := why_unknown(source))}
    known = [source for source in sources if source.name not in unknown]
    rows = connection.execute("SELECT DISTINCT split_part(request_id, '-', 1) FROM client").fetchall()
    mark = id_sql(tokens_of(token for (token,) in rows))
    with own_database(connection) as database:
        given = _fill(database, known, problems)
        add_site_requests(database, known, mark)
        ((name,),) = database.execute("SELECT current_database()").fetchall()
        connection.execute(f"CREATE TABLE {SITE_REQUESTS} AS FROM {name}.{SITE_REQUESTS}")
        for copied, table in _COPIED.items():
            marked = f"{mark} AS mark, *" if table is PROXY_ERRORS else "*"
            connection.execute(f"CREATE TABLE {copied} AS SELECT {marked} FROM {name}.{table.name}")  # noqa: S608
    _forget_others(connection)
    return _Logs(problems=(*problems, *unknown.values()), given=given)


def _fill(database: duckdb.DuckDBPyConnection, sources: Sequence[Source], problems: list[str]) -> frozenset[str]:
    try:
        files = read_logs(sources, database=database).files
    except RawDataError as error:
        if sources:
            problems.append(str(error))
        for table in TABLES:
            database.execute(table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
        return frozenset()
    known = {file.name for file in files if file.kind is not None}
    problems += [
        f"{name}: no line of it is of a log that is known here"
        for name in dict.fromkeys(file.name for file in files if file.lines)
        if name not in known
    ]
    return given_kinds(files)


def _forget_others(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop complaints about requests of others, where the log shows which are the load's."""
    connection.execute(
        "DELETE FROM site_errors WHERE mark IS NULL AND request IS NOT NULL AND file IN ("
        "SELECT file FROM site_errors WHERE mark IS NOT NULL)"
    )


def _cut_short(folder: Path) -> str:
    events = json.loads((folder / CLIENT_EVENTS).read_text(encoding="utf-8"))
    return str(events.get("cut_short", "")) if isinstance(events, dict) else ""


def _diagnosis(ledger: Ledger, folder: Path, account: SiteAccount, logs: _Logs) -> Diagnosis:
    ((requests, worth_a_look),) = ledger.connection.execute(_COUNTS).fetchall()
    if not worth_a_look:
        return Diagnosis(requests=requests, failures=0, causes=(), unattributed=0, unattributed_lines=(), hints=())
    proxies = len(outermost_first()) - len(server_logs())
    fill_site_evidence(ledger, folder, account, proxies)
    found = diagnose(ledger.connection, requests=requests, journal=False, given=logs.given)
    return replace(found, hints=(*logs.problems, *found.hints))
