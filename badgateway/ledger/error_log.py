"""Reads nginx's error log: what each line says, and of which request and connection."""

from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.checks import load
from badgateway.ledger.text_file import as_utf8
from badgateway.model import error_log
from badgateway.model.in_memory import NO_DELIMITER

TABLE = "error_lines"

_BLANKS = r"chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' '"
_LONGEST_LINE_BYTES = 1_000_000
_LINES = f"""
CREATE TABLE error_text AS SELECT rtrim(line, {_BLANKS}) AS line, regexp_extract(line, '^{error_log.HEAD}') AS head
FROM read_csv($file, columns = {{line: 'VARCHAR'}}, header = false, auto_detect = false, delim = '{NO_DELIMITER}',
    quote = '', escape = '', strict_mode = false, max_line_size = {_LONGEST_LINE_BYTES})
"""  # noqa: S608 # constants of the kit
# A line without a character is read as NULL.
_FOREIGN = """
SELECT rowid + 1, left(coalesce(line, ''), 120) FROM error_text WHERE coalesce(head, '') = '' ORDER BY rowid LIMIT 1
"""

# nginx counts connections from 1, and its times are whole seconds of the zone UTC.
_ASKED = "', request: \"'"
_REST = f"substr(line, strpos(line, {_ASKED}) + len({_ASKED}))"
_CUT = f"CASE WHEN contains(line, {_ASKED}) AND len({_REST}) >= {error_log.KNOWN_CHARACTERS} THEN {_REST} ELSE '' END"
_PARSED = f"""
CREATE TABLE {TABLE} AS SELECT * FROM (
    SELECT rowid + 1 AS line_number,
        epoch(strptime(regexp_extract(head, '{error_log.HEAD}', 1), '{error_log.TIME_FORMAT}')) AS time_s,
        TRY_CAST(regexp_extract(head, '{error_log.HEAD}', 3) AS BIGINT) AS connection,
        line,
        regexp_extract(head, '{error_log.HEAD}', 2) AS level,
        rtrim(regexp_replace(substr(line, len(head) + 1), '{error_log.CONTEXT}', '', 's'), {_BLANKS}) AS message,
        CASE WHEN regexp_matches(line, '{error_log.REQUEST}') THEN regexp_extract(line, '{error_log.REQUEST}', 1)
            ELSE {_CUT} END AS request,
        regexp_extract(line, '{error_log.UPSTREAM}', 1) AS upstream
    FROM error_text)
WHERE request <> '' OR level NOT IN ('{error_log.Severity.DEBUG}', '{error_log.Severity.INFO}')
"""  # noqa: S608 # constants of the kit


def load_errors(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the lines into the connection's table `error_lines`, but for what level info tells of idle connections.

    Of each: line_number (from 1), time_s (whole seconds, rounded down), connection (NULL where it is of none), line,
    level, message (without what nginx appends about the request), request (as the client wrote it, such as
    'GET /members/ HTTP/1.1'; of a long one the beginning, since nginx cuts its lines at 2,048 bytes; empty when the
    line is not about one) and upstream.

    Raises:
        RawDataError: The file is missing or has a line that nginx does not write.
    """
    if not path.is_file():
        raise RawDataError(f"{path} is missing: nginx did not start or its folder is gone; run the trial again")
    # A client may put any byte into the request line that nginx quotes here.
    with as_utf8(path) as file:
        load(path, lambda: connection.execute(_LINES, {"file": str(file)}), where=str)
    foreign = connection.execute(_FOREIGN).fetchall()
    if foreign:
        number, text = foreign[0]
        raise RawDataError(f"{path}: line {number} is not a line of nginx's error log: {text}")
    load(path, lambda: connection.execute(_PARSED), where=str)
    connection.execute("DROP TABLE error_text")
