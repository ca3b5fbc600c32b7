"""Prepares complaints: the proxy's error lines that end a try of a request, and what each of them says."""

import duckdb

_COMPLAINTS = r"""
CREATE OR REPLACE TEMP TABLE complaints AS
SELECT row_number() OVER (ORDER BY file, line_number) AS id, *,
    CASE
        WHEN told_status IS NOT NULL THEN told_status
        WHEN reason IN ('connect timeout', 'read timeout') THEN 504
        WHEN reason = 'limited' THEN 503
        WHEN reason = 'client gone' THEN 499
        WHEN reason IN ('no files', 'disk full', 'temp forbidden', 'cycle', 'auth request') THEN 500
        WHEN reason IN ('body cut', 'body stalled', 'disk full, cut', 'temp forbidden, cut', 'invalid body') THEN 200
        -- What the client got for it cannot be told from the line.
        WHEN reason = 'other' THEN 0
        ELSE 502 END AS status
FROM (
    SELECT floor(time_s)::BIGINT AS second, time_s, connection, file, line_number, upstream, phase, errno,
        status AS told_status,
        regexp_replace(request, ' HTTP/[0-9.]+$', '') AS request,
        CASE
            -- Apache, Traefik and Caddy.
            WHEN contains(message, 'when reading response headers from daemon') THEN 'daemon timeout'
            WHEN contains(message, 'Unable to connect to WSGI daemon process') THEN 'daemon backlog'
            WHEN contains(message, 'response headers received from daemon process') THEN 'daemon lost'
            WHEN contains(message, 'AH00957') OR contains(message, 'failed to make connection') THEN 'refused'
            WHEN contains(message, 'AH01102') OR contains(message, 'Error reading from remote server') THEN
                CASE WHEN contains(message, 'timeout specified has expired') THEN 'read timeout' ELSE 'closed' END
            WHEN status IS NULL THEN NULL
            WHEN contains(message, 'server closed idle connection') THEN 'raced'
            WHEN contains(message, 'connection refused') OR contains(message, 'connect: no route') THEN 'refused'
            WHEN contains(message, 'no such host') THEN 'unresolved'
            WHEN contains(message, 'context canceled') THEN 'client gone'
            WHEN regexp_matches(message, 'dial .*(i/o timeout|deadline exceeded)') THEN 'connect timeout'
            WHEN regexp_matches(message, 'awaiting response headers|deadline exceeded|i/o timeout')
                THEN 'read timeout'
            WHEN contains(message, 'x509: ') OR contains(message, 'tls: ') THEN 'no TLS'
            WHEN contains(message, 'no upstreams available') THEN 'none live'
            WHEN regexp_matches(message, 'EOF|connection reset by peer|broken pipe') THEN 'closed'
        END AS told_reason,
        CASE
            WHEN message LIKE 'limiting %' AND message NOT LIKE '%dry run%' THEN 'limited'
            WHEN message LIKE '%client prematurely closed connection%' THEN 'client gone'
            WHEN errno = 24 OR message LIKE '%worker_connections are not enough%' THEN 'no files'
            -- nginx's own files, at the one level that it has for those it needs itself.
            WHEN errno = 28 OR message LIKE '%has written only%' THEN
                CASE phase WHEN 'reading body' THEN 'disk full, cut' ELSE 'disk full' END
            WHEN level = 'crit' AND regexp_matches(message, '^(open|mkdir|rename|pwrite|pwritev|write)\(\) "') THEN
                CASE phase WHEN 'reading body' THEN 'temp forbidden, cut' ELSE 'temp forbidden' END
            WHEN message LIKE 'rewrite or internal redirection cycle%' THEN 'cycle'
            WHEN message LIKE 'auth request unexpected status%' THEN 'auth request'
            WHEN message LIKE '%while SSL handshaking to upstream%' AND coalesce(errno, 0) <> 110 THEN 'no TLS'
            WHEN message LIKE '%could not be resolved%' OR message LIKE 'no resolver defined%' THEN 'unresolved'
            WHEN message LIKE 'upstream rejected request%' THEN 'rejected'
            WHEN phase = 'reading body' AND (message LIKE 'upstream sent invalid chunked%'
                OR message LIKE 'upstream sent more data than specified%') THEN 'invalid body'
            WHEN phase = 'reading body' AND message LIKE 'SSL_read() failed%' THEN 'body cut'
            WHEN phase = 'connecting' AND errno = 104 THEN 'connect reset'
            WHEN message LIKE 'no live upstreams%' THEN 'none live'
            WHEN message LIKE 'upstream sent too big header%' THEN 'big header'
            WHEN message LIKE 'upstream sent no valid HTTP%' THEN 'not HTTP'
            WHEN message LIKE 'upstream sent %' AND level = 'error' THEN 'bad header'
            WHEN errno = 110 AND phase = 'reading body' THEN 'body stalled'
            WHEN errno = 110 AND phase IN ('connecting', 'other') AND message LIKE '%upstream%' THEN 'connect timeout'
            WHEN errno = 110 AND phase IN ('reading header', 'sending') THEN 'read timeout'
            WHEN phase = 'connecting' AND errno = 11 THEN 'queue full'
            WHEN phase = 'connecting' AND errno = 13 THEN 'forbidden'
            WHEN phase = 'connecting' AND errno = 99 THEN 'no ports'
            WHEN phase = 'connecting' AND errno IN (2, 101, 111, 113) THEN 'refused'
            WHEN errno IN (32, 104) OR message LIKE 'upstream prematurely closed connection%' THEN
                CASE phase WHEN 'reading body' THEN 'body cut' WHEN 'reading header' THEN 'closed'
                    WHEN 'sending' THEN 'closed' END
            WHEN level IN ('error', 'crit', 'alert', 'emerg') AND request IS NOT NULL
                AND message NOT LIKE '%dry run%' THEN 'other'
        END AS own_reason,
        coalesce(told_reason, own_reason) AS reason
    FROM proxy_errors)
WHERE reason IS NOT NULL
"""


def prepare_complaints(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table complaints from proxy_errors: only lines that end a try, with what the client got for it."""
    connection.execute(_COMPLAINTS)
