"""Explains the failures in log files: reads them, and has a cause found for each."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from badgateway.causes import diagnose
from badgateway.causes.incidents import incidents
from badgateway.causes.remarks import remarks
from badgateway.causes.unclaimed import unclaimed
from badgateway.errors import RawDataError
from badgateway.logs import LogEvidence, LogFile, Source, read_logs
from badgateway.model.diagnosis import SERVER_LOG, Diagnosis, EvidenceLine
from badgateway.model.evidence import ServerEvent
from badgateway.model.explanation import Explanation, FileRead
from badgateway.model.in_memory import NO_ROOM
from badgateway.model.knob import WorkerModel
from badgateway.model.log_kind import LogKind
from badgateway.model.masking import masked
from badgateway.servers.registry import server_logs, server_named

_NGINX = (
    LogKind.NGINX_COMBINED,
    LogKind.NGINX_JSON,
    LogKind.OWN_FORMAT,
    LogKind.HEROKU,
    LogKind.HAPROXY,
    LogKind.TRAEFIK,
    LogKind.CADDY,
    LogKind.IIS,
)
"""Proxies straight before the server: all that it gets is in their logs too."""
_BALANCERS = (LogKind.ALB, LogKind.CLASSIC_ELB)
_IN_FRONT = (LogKind.CLOUDFRONT, LogKind.HAPROXY, LogKind.TRAEFIK, LogKind.CADDY)
"""These may stand before an nginx or an Apache whose log was given too."""
_BEHIND = (LogKind.NGINX_COMBINED, LogKind.NGINX_JSON, LogKind.OWN_FORMAT)
_NO_ROOM = (
    "the folder for temporary files has no room left for what these logs tell of failures: set TMPDIR to one that has "
    "more, or give less at a time"
)
_SLACK_S = 60
_SHOWN_CHARS = 2000
"""Of a line that proves something."""

# Beyond the year 9999 no calendar has a name for a time.
_NAMEABLE = "BETWEEN 0 AND 253402300799"


def explain(sources: Sequence[Source], *, utc_offset_s: float | None = None, mask: bool = True) -> Explanation:
    """Read logs of any known kinds, in any order, and find the cause of each failure in them.

    Args:
        sources: Plain or gzip files and streams.
        utc_offset_s: How far ahead of UTC the local times are that nginx's error log and uWSGI write without a zone;
            None: it is found out from the logs.
        mask: Whether to mask the values in query strings, and other secrets.

    Raises:
        RawDataError: A file is missing, damaged or no log that is known here, all are empty, or the disk has no room
            for what does not fit into memory.
    """
    try:
        return _explained(sources, utc_offset_s=utc_offset_s, mask=mask)
    except NO_ROOM as error:
        raise RawDataError(_NO_ROOM) from error


def _explained(sources: Sequence[Source], *, utc_offset_s: float | None, mask: bool) -> Explanation:
    evidence = read_logs(sources, utc_offset_s=utc_offset_s, mask=mask, leaves_lines=True)
    connection = evidence.connection
    try:
        count_once(connection)
        period_s = _period_s(evidence)
        given = given_kinds(evidence.files)
        found = diagnose(
            connection, requests=evidence.requests, given=given, packs=True, mask=mask, again=evidence.again
        )
        diagnosis = _cut(found) if _of_these_requests(evidence) else replace(_cut(found), requests=0)
        untold = unclaimed(connection)
        return Explanation(
            diagnosis=diagnosis,
            files=tuple(file_read(file) for file in evidence.files),
            period_s=period_s,
            unattributed_minutes=_unattributed_minutes(connection) if diagnosis.unattributed else (),
            utc_offset_s=evidence.utc_offset_s,
            incidents=incidents(connection, period_s),
            notes=(
                *_masked([*([untold.sentence] if untold else []), *remarks(connection)], mask=mask),
                *evidence.notes,
            ),
            failed_elsewhere=untold.requests if untold else 0,
            worker_models=_worker_models(connection),
            proxies=_proxies(connection),
        )
    finally:
        connection.close()


def _of_these_requests(evidence: LogEvidence) -> bool:
    """Whether all failures are of the requests that were counted, and not told by a proxy's error log alone."""
    if set(evidence.counted_kinds) - {LogKind.OTHER_SERVER, *server_logs()}:
        return True
    derived = "SELECT NOT EXISTS (FROM prepared_failures WHERE derived AND status <> 200)"
    return evidence.connection.execute(derived).fetchall() == [(True,)]


def _masked(sentences: Sequence[str], *, mask: bool) -> tuple[str, ...]:
    return tuple(masked(sentence) if mask else sentence for sentence in sentences)


def given_kinds(files: Sequence[LogFile]) -> frozenset[str]:
    """Return the kinds of the logs that were read, with SERVER_LOG for any server's."""
    kinds = {file.kind for file in files if file.kind is not None}
    return frozenset(kinds | ({SERVER_LOG} if kinds & server_logs().keys() else set()))


def _cut(diagnosis: Diagnosis) -> Diagnosis:
    def shown(lines: Sequence[EvidenceLine]) -> tuple[EvidenceLine, ...]:
        return tuple(replace(line, text=line.text[:_SHOWN_CHARS]) for line in lines)

    return replace(
        diagnosis,
        causes=tuple(replace(found, evidence=shown(found.evidence)) for found in diagnosis.causes),
        unattributed_lines=shown(diagnosis.unattributed_lines),
    )


def count_once(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop failures that another log of the same requests holds too: the best witness is nginx."""
    # To plan statements that find nothing takes longer than to ask for the kinds, and most logs are of one.
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT source FROM failures").fetchall()}
    if not kinds.isdisjoint((LogKind.OTHER_SERVER, *server_logs())):
        _drop_behind_nginx(connection)
    if len(kinds) > 1:
        _drop_twins(connection)


def _drop_behind_nginx(connection: duckdb.DuckDBPyConnection) -> None:
    # All that reaches the server through nginx is in nginx's log.
    connection.execute(f"""
        DELETE FROM failures WHERE source IN {_names((LogKind.OTHER_SERVER, *server_logs()))} AND time_s BETWEEN
            (SELECT min(minute_s) - {_SLACK_S} FROM volume WHERE source IN {_names(_NGINX)}) AND
            (SELECT max(minute_s) + 60 + {_SLACK_S} FROM volume WHERE source IN {_names(_NGINX)})
    """)  # noqa: S608 # constants of this module


def _drop_twins(connection: duckdb.DuckDBPyConnection) -> None:
    # A balancer may stand before servers whose logs were not given, so only what has its twin there goes: as many of
    # the same status, request and ten seconds.
    connection.execute(f"""
        WITH numbered AS (
            SELECT failure_id, source IN {_names((*_BALANCERS, *_IN_FRONT))} AS balanced,
                CASE WHEN source IN {_names(_BALANCERS)} THEN upstream_status IS NOT NULL ELSE proxy_reason IS NULL END
                    AS relayed,
                status, method, uri, floor(time_s / 10) AS ten_s FROM failures),
        counted AS (
            SELECT status, method, uri, ten_s, count(*) AS twins FROM numbered WHERE NOT balanced GROUP BY ALL),
        ranked AS (
            SELECT *, row_number() OVER (PARTITION BY status, method, uri, ten_s ORDER BY failure_id) AS place
            FROM numbered WHERE balanced AND relayed)
        DELETE FROM failures WHERE failure_id IN (
            SELECT failure_id FROM ranked JOIN counted USING (status, method, uri, ten_s) WHERE place <= twins)
    """)  # noqa: S608 # constants of this module
    # Who gave up before nginx is the client that left there.
    connection.execute(f"""
        DELETE FROM failures WHERE failure_id IN (
            SELECT inner_one.failure_id FROM failures inner_one JOIN failures outer_one USING (method, uri)
            WHERE inner_one.source IN {_names(_BEHIND)} AND inner_one.status = 499
                AND outer_one.source IN {_names((*_BALANCERS, *_IN_FRONT, LogKind.HEROKU))}
                AND (outer_one.status >= 500 OR outer_one.status = 460)
                AND abs(outer_one.time_s - inner_one.time_s) <= 2)
    """)  # noqa: S608 # constants of this module


def _names(kinds: Sequence[str]) -> str:
    return "({})".format(", ".join(f"'{kind}'" for kind in kinds))


def file_read(file: LogFile) -> FileRead:
    """Return what was read of a file, as an explanation has it."""
    return FileRead(
        name=file.name,
        kind=file.kind,
        lines=file.lines,
        stream=file.stream,
        malformed_lines=file.malformed_lines,
        first_malformed=tuple(
            EvidenceLine(file=file.name, line_number=line.line_number, text=line.text) for line in file.first_malformed
        ),
    )


def _period_s(evidence: LogEvidence) -> tuple[int, int] | None:
    kinds = evidence.counted_kinds
    if not kinds:
        return None
    query = f"SELECT min(minute_s), max(minute_s) FROM volume WHERE source IN {_names(kinds)} AND minute_s {_NAMEABLE}"  # noqa: S608 # constants of this module
    ((first_s, last_s),) = evidence.connection.execute(query).fetchall()
    return None if first_s is None else (first_s, last_s)


def _proxies(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    found = connection.execute("SELECT DISTINCT proxy FROM failures WHERE proxy IS NOT NULL").fetchall()
    return frozenset(name for (name,) in found)


def _worker_models(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[WorkerModel]]:
    told = (ServerEvent.SEVERAL_AT_ONCE, ServerEvent.ONE_AT_A_TIME)
    found: dict[str, frozenset[WorkerModel]] = {}
    query = f"SELECT DISTINCT server, uri FROM server_events WHERE event IN {_names(told)} AND uri IS NOT NULL"  # noqa: S608 # constants
    for name, word in connection.execute(query).fetchall():
        server = server_named(name)
        model = server.model_told(word) if server else None
        found[name] = found.get(name, frozenset()) | ({model} if model else frozenset())
    return found


def _unattributed_minutes(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[int, int], ...]:
    found = connection.execute(f"""
        SELECT minute_s, CAST(sum(number) AS BIGINT) FROM failed_minutes
        WHERE cause_id IS NULL AND minute_s {_NAMEABLE} GROUP BY minute_s ORDER BY minute_s
    """)  # noqa: S608 # a constant of this module
    return tuple((minute_s, count) for minute_s, count in found.fetchall())
