"""Prepares proxy lines: the proxy's error lines that end a try of a request, and what each of them says."""

from badgateway.causes.conditions import common_sql, host_sql, listed
from badgateway.causes.large_tables import REASON, LargeTables, Numbers
from badgateway.model.error_log import FAULTS, WITHOUT_VERSION, Severity
from badgateway.model.evidence import Phase, Reason
from badgateway.model.log_kind import Proxy

_REFUSED_BY_NGINX = (
    Reason.NO_FILES,
    Reason.DISK_FULL,
    Reason.TEMP_FORBIDDEN,
    Reason.CYCLE,
    Reason.AUTH_REQUEST,
)
_CUT = (
    Reason.BODY_CUT,
    Reason.BODY_STALLED,
    Reason.DISK_FULL_CUT,
    Reason.TEMP_FORBIDDEN_CUT,
    Reason.INVALID_BODY,
)

_PROXY_LINES = rf"""
SELECT {{id}} AS id, * EXCLUDE (file, line_number, told_reason, own_reason),
    {{client_key}} AS client_key, {{asked_key}} AS asked_key,
    CASE
        WHEN told_status IS NOT NULL THEN told_status
        WHEN reason IN ('{Reason.CONNECT_TIMEOUT}', '{Reason.READ_TIMEOUT}') THEN 504
        WHEN reason = '{Reason.LIMITED}' THEN 503
        WHEN reason = '{Reason.CLIENT_GONE}' THEN 499
        WHEN reason IN {listed(_REFUSED_BY_NGINX)} THEN 500
        WHEN reason IN {listed(_CUT)} THEN 200
        -- What the client got for it cannot be told from the line.
        WHEN reason = '{Reason.OTHER}' THEN 0
        ELSE 502 END AS status
FROM (
    SELECT rowid AS row, floor(time_s)::BIGINT AS second, time_s, proxy, host, coalesce(host, '') AS on_host,
        connection, file, line_number, upstream, phase, errno, {{client}} AS client, {{asked}} AS asked,
        status AS told_status,
        {WITHOUT_VERSION} AS request,
        CASE
            WHEN proxy = '{Proxy.NGINX}' THEN NULL
            -- Apache, Traefik and Caddy.
            WHEN contains(message, 'when reading response headers from daemon') THEN '{Reason.DAEMON_TIMEOUT}'
            WHEN contains(message, 'Unable to connect to WSGI daemon process') THEN '{Reason.DAEMON_BACKLOG}'
            WHEN contains(message, 'response headers received from daemon process') THEN '{Reason.DAEMON_LOST}'
            WHEN contains(message, 'AH00957') OR contains(message, 'failed to make connection')
                THEN '{Reason.REFUSED}'
            WHEN contains(message, 'AH01102') OR contains(message, 'Error reading from remote server') THEN
                CASE WHEN contains(message, 'timeout specified has expired') THEN '{Reason.READ_TIMEOUT}'
                    ELSE '{Reason.CLOSED}' END
            WHEN status IS NULL THEN NULL
            WHEN contains(message, 'server closed idle connection') THEN '{Reason.RACED}'
            WHEN contains(message, 'connection refused') OR contains(message, 'connect: no route')
                THEN '{Reason.REFUSED}'
            WHEN contains(message, 'no such host') THEN '{Reason.UNRESOLVED}'
            WHEN contains(message, 'context canceled') THEN '{Reason.CLIENT_GONE}'
            WHEN regexp_matches(message, 'dial .*(i/o timeout|deadline exceeded)')
                THEN '{Reason.CONNECT_TIMEOUT}'
            WHEN regexp_matches(message, 'awaiting response headers|deadline exceeded|i/o timeout')
                THEN '{Reason.READ_TIMEOUT}'
            WHEN contains(message, 'x509: ') OR contains(message, 'tls: ') THEN '{Reason.NO_TLS}'
            WHEN contains(message, 'no upstreams available') THEN '{Reason.NONE_LIVE}'
            WHEN regexp_matches(message, 'EOF|connection reset by peer|broken pipe') THEN '{Reason.CLOSED}'
        END AS told_reason,
        CASE
            -- The most frequent line of all: not to be asked all the others.
            WHEN errno = 11 AND phase = '{Phase.CONNECTING}' AND starts_with(message, 'connect() to ')
                THEN '{Reason.QUEUE_FULL}'
            -- The most frequent one that is about no failure.
            WHEN level = '{Severity.WARN}' AND starts_with(message, 'an upstream response is buffered to a temporary ')
                THEN NULL
            WHEN message LIKE 'limiting %' AND message NOT LIKE '%dry run%' THEN '{Reason.LIMITED}'
            WHEN message LIKE '%client prematurely closed connection%' THEN '{Reason.CLIENT_GONE}'
            WHEN errno = 24 OR message LIKE '%worker_connections are not enough%' THEN '{Reason.NO_FILES}'
            -- nginx's own files, at the one level that it has for those it needs itself.
            WHEN errno = 28 OR message LIKE '%has written only%' THEN
                CASE phase WHEN '{Phase.READING_BODY}' THEN '{Reason.DISK_FULL_CUT}' ELSE '{Reason.DISK_FULL}' END
            WHEN level = '{Severity.CRIT}'
                AND regexp_matches(message, '^(open|mkdir|rename|pwrite|pwritev|write)\(\) "') THEN
                CASE phase WHEN '{Phase.READING_BODY}' THEN '{Reason.TEMP_FORBIDDEN_CUT}'
                    ELSE '{Reason.TEMP_FORBIDDEN}' END
            WHEN message LIKE 'rewrite or internal redirection cycle%' THEN '{Reason.CYCLE}'
            WHEN message LIKE 'auth request unexpected status%' THEN '{Reason.AUTH_REQUEST}'
            WHEN message LIKE '%while SSL handshaking to upstream%' AND coalesce(errno, 0) <> 110
                THEN '{Reason.NO_TLS}'
            WHEN message LIKE '%could not be resolved%' OR message LIKE 'no resolver defined%'
                THEN '{Reason.UNRESOLVED}'
            WHEN message LIKE 'upstream rejected request%' THEN '{Reason.REJECTED}'
            WHEN phase = '{Phase.READING_BODY}' AND (message LIKE 'upstream sent invalid chunked%'
                OR message LIKE 'upstream sent more data than specified%') THEN '{Reason.INVALID_BODY}'
            WHEN phase = '{Phase.READING_BODY}' AND message LIKE 'SSL_read() failed%' THEN '{Reason.BODY_CUT}'
            WHEN phase = '{Phase.CONNECTING}' AND errno = 104 THEN '{Reason.CONNECT_RESET}'
            WHEN message LIKE 'no live upstreams%' THEN '{Reason.NONE_LIVE}'
            WHEN message LIKE 'upstream sent too big header%' THEN '{Reason.BIG_HEADER}'
            WHEN message LIKE 'upstream sent no valid HTTP%' THEN '{Reason.NOT_HTTP}'
            WHEN message LIKE 'upstream sent %' AND level = '{Severity.ERROR}' THEN '{Reason.BAD_HEADER}'
            WHEN errno = 110 AND phase = '{Phase.READING_BODY}' THEN '{Reason.BODY_STALLED}'
            WHEN errno = 110 AND phase IN ('{Phase.CONNECTING}', '{Phase.OTHER}') AND message LIKE '%upstream%'
                THEN '{Reason.CONNECT_TIMEOUT}'
            WHEN errno = 110 AND phase IN ('{Phase.READING_HEADER}', '{Phase.SENDING}') THEN '{Reason.READ_TIMEOUT}'
            WHEN phase = '{Phase.CONNECTING}' AND errno = 11 THEN '{Reason.QUEUE_FULL}'
            WHEN phase = '{Phase.CONNECTING}' AND errno = 13 THEN '{Reason.FORBIDDEN}'
            WHEN phase = '{Phase.CONNECTING}' AND errno = 99 THEN '{Reason.NO_PORTS}'
            WHEN phase = '{Phase.CONNECTING}' AND errno IN (2, 101, 111, 113) THEN '{Reason.REFUSED}'
            WHEN errno IN (32, 104) OR message LIKE 'upstream prematurely closed connection%' THEN
                CASE phase WHEN '{Phase.READING_BODY}' THEN '{Reason.BODY_CUT}'
                    WHEN '{Phase.READING_HEADER}' THEN '{Reason.CLOSED}'
                    WHEN '{Phase.SENDING}' THEN '{Reason.CLOSED}' END
            WHEN level IN {FAULTS} AND (request IS NOT NULL OR proxy = '{Proxy.NGINX}' AND status IS NOT NULL)
                AND message NOT LIKE '%dry run%' THEN '{Reason.OTHER}'
        END AS own_reason,
        CAST(coalesce(told_reason, own_reason) AS {REASON}) AS reason
    FROM proxy_errors WHERE {{piece}})
WHERE reason IS NOT NULL
"""  # noqa: S608 # words of the evidence

_KNOWN = f"""
SELECT coalesce(min(file) = max(file), true) AND coalesce(bool_and(line_number > before), true),
    coalesce(bool_or(proxy = '{Proxy.APACHE}'), false), coalesce(max(row), -1) + 1
FROM (SELECT rowid AS row, file, proxy, line_number, lag(line_number) OVER () AS before FROM proxy_errors)
"""  # noqa: S608 # words of the evidence
"""Whether the lines are in order as they are, whether any is of Apache, and how many there are."""
_IN_ORDER, _TO_ORDER = "row + 1", "row_number() OVER (ORDER BY file, line_number)"

_ASKED_HOSTS = f"""
CREATE OR REPLACE TEMP TABLE asked_hosts AS
SELECT DISTINCT {host_sql("asked_host")} AS asked FROM failures WHERE asked_host IS NOT NULL
"""  # noqa: S608 # see host_sql
_WHO_ASKED = "SELECT coalesce(bool_or(client IS NOT NULL), false), EXISTS (FROM asked_hosts) FROM failures"
_NOT_TOLD = "CAST(NULL AS VARCHAR)"
_CLIENT_KEY = common_sql("client", "(SELECT client FROM failures UNION SELECT forwarded_for FROM failures)")
_ASKED_KEY = common_sql("asked", "(FROM asked_hosts)")
_CLIENT = rf"""
CASE proxy WHEN '{Proxy.APACHE}' THEN nullif(regexp_extract(line, '\[client (\S+?)(?::\d+)?\] ', 1), '')
    WHEN '{Proxy.NGINX}' THEN nullif(split_part(split_part(line, ', client: ', 2), ',', 1), '') END
"""
_OF_HOST = host_sql("split_part(split_part(line, ', host: \"', 2), '\"', 1)")
_OF_SERVER = "split_part(split_part(line, ', server: ', 2), ',', 1)"
# An access log may have what the client asked for, or nginx's own name for it; the error log has both.
_ASKED = f"""
CASE WHEN proxy = '{Proxy.NGINX}' THEN nullif(
    CASE WHEN {_OF_HOST} NOT IN (FROM asked_hosts) AND {_OF_SERVER} IN (FROM asked_hosts) OR {_OF_HOST} = ''
        THEN {_OF_SERVER} ELSE {_OF_HOST} END, '') END
"""


_NO_LINES = f"""
CREATE OR REPLACE TEMP TABLE proxy_lines (id BIGINT, row BIGINT, second BIGINT, time_s DOUBLE, proxy VARCHAR,
    host VARCHAR, on_host VARCHAR, connection BIGINT, upstream VARCHAR, phase VARCHAR, errno INTEGER, client VARCHAR,
    asked VARCHAR, told_status INTEGER, request VARCHAR, reason {REASON}, client_key VARCHAR, asked_key VARCHAR,
    status INTEGER)
"""


def prepare_proxy_lines(tables: LargeTables, *, has_lines: bool) -> None:
    """Make the table proxy_lines from proxy_errors: only lines that end a try, with what the client got for it.

    To put a million of them in order, or to look into their texts, takes longer than all else here; to plan it all
    takes longer than what a log without them needs.
    """
    if not has_lines:
        tables.connection.execute(_NO_LINES)
        return
    ((are_in_order, any_of_apache, rows),) = tables.connection.execute(_KNOWN).fetchall()
    tables.connection.execute(_ASKED_HOSTS)
    ((clients_told, hosts_told),) = tables.connection.execute(_WHO_ASKED).fetchall()
    of = {
        "id": _IN_ORDER if are_in_order else _TO_ORDER,
        "client": _CLIENT if any_of_apache or clients_told else _NOT_TOLD,
        "client_key": _CLIENT_KEY if clients_told else _NOT_TOLD,
        "asked": _ASKED if hosts_told else _NOT_TOLD,
        "asked_key": _ASKED_KEY if hosts_told else _NOT_TOLD,
    }
    # Numbered in another order than they have, they are no pieces.
    numbers = Numbers(first=0, last=rows - 1, rows=rows) if are_in_order else None
    tables.make("proxy_lines", _PROXY_LINES.format(piece="{piece}", **of), by="rowid", numbers=numbers)
