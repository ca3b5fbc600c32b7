"""uWSGI's log: what a line begins with, which lines are its own, and what they tell."""

import re
from typing import Final

from badgateway.model.evidence import ServerEvent
from badgateway.servers.access_format import (
    BYTES,
    CERTAIN_METHOD,
    CERTAIN_STATUS,
    CERTAIN_URI,
    ISO,
    ISO_TIME,
    LOCAL,
    METHOD,
    STATUS,
    URI,
    AccessFormat,
    Field,
    Meaning,
    duration,
    epoch,
    guessed,
)
from badgateway.servers.line_format import LineFormat, extracted, number
from badgateway.servers.line_format import epoch_s as epoch_sql
from badgateway.servers.log import PREFIX_CHARS, ServerLine, ServerLog, ctime_s, epoch_s, rules

_KIND = "uWSGI log"

_CTIME = re.compile(r"(?:^|(?<=\s))[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) - ")
_ISO = re.compile(
    r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?: ?(Z|[+-]\d\d:?\d\d))?\]? - "
    # What an application's own logger writes in brackets has no zone, so it is none of these.
    r"|\[(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)\] "
)
# The only line of its own that uWSGI puts its date into, not before: when the request came, and how long it took.
_REQUEST = re.compile(
    r"\[pid: [^}]*\} \[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\] "
    r".* bytes in (?:(\d{1,9}) msecs|\d+ micros) "
)


def split_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off uWSGI's date, in its default form or as year, month, day; the time is utc_offset_s ahead of UTC.

    A request line keeps its date; its time is the second in which the request ended.
    """
    start = line[:PREFIX_CHARS]
    if match := _CTIME.search(start):
        local_s = ctime_s(*match.groups())
    elif match := _ISO.search(start):
        *date, zone = match.groups()[:5] if match[1] else match.groups()[5:]
        local_s = epoch_s("{}-{}-{} {}{}".format(*date, zone or "+00:00"))
        utc_offset_s = 0.0 if zone else utc_offset_s
    elif match := _REQUEST.match(line):
        *date, msecs = match.groups(default="0")
        came_s = ctime_s(*date)
        return ServerLine(text=line, time_s=None if came_s is None else came_s - utc_offset_s + int(msecs) // 1000)
    else:
        return ServerLine(text=line)
    time_s = None if local_s is None else local_s - utc_offset_s
    return ServerLine(text=line[match.end() :], time_s=time_s, has_prefix=True)


_PID = r"\(pid: (?P<pid>\d+)"

HARAKIRI_OF_WORKER: Final = re.compile(rf"\*\*\* HARAKIRI ON WORKER (?P<worker>\d+) {_PID}")
"""The lines with the worker's requests follow it, and do not name the worker themselves."""

_RULES = rules(
    (ServerEvent.SERVER_STARTED, r"^\*\*\* Starting uWSGI "),
    (ServerEvent.LISTENING, r"^uwsgi socket \d+ bound to (?:TCP|UNIX) address (?P<uri>\S+) "),
    (ServerEvent.SEVERAL_AT_ONCE, r"^\*\*\* Operational MODE: .*?(?P<uri>threaded|async)"),
    (ServerEvent.ONE_AT_A_TIME, r"^\*\*\* Operational MODE: (?P<uri>[a-z ]+) \*\*\*$"),
    (ServerEvent.LISTENING, r"^uWSGI http bound on (?P<uri>\S+) "),
    (
        ServerEvent.LISTEN_QUEUE_FULL,
        r'\*\*\* uWSGI listen queue of socket ".*" \(fd: \d+\) full !!! \((?P<value>\d+)/(?P<limit>\d+)\)',
    ),
    (ServerEvent.HARAKIRI, HARAKIRI_OF_WORKER.pattern),
    (ServerEvent.HARAKIRI, r"^HARAKIRI \[core \d+\] \S+ - \S+ (?P<uri>.*) since (?P<started>\d+)$"),
    (
        ServerEvent.WORKER_KILLED,
        rf"^DAMN ! worker (?P<worker>\d+) {_PID}\) (?:died,|MYSTERIOUSLY) killed by signal (?P<signal>\d+) :\(",
    ),
    (ServerEvent.WORKER_CRASHED, rf"^DAMN ! worker (?P<worker>\d+) {_PID}\) died :\("),
    (ServerEvent.WORKER_BOOTED, r"^Respawned uWSGI worker (?P<worker>\d+) \(new pid: (?P<pid>\d+)\)"),
    (ServerEvent.WORKER_BOOTED, rf"^spawned uWSGI worker (?P<worker>\d+) (?:\(and the only\) )?{_PID}"),
    (ServerEvent.WORKER_READY, r"^WSGI app .* ready in (?P<value>\d+) seconds on interpreter \S+ pid: (?P<pid>\d+)"),
    (ServerEvent.WORKER_RECYCLED, r"^\.\.\.The work of process (?P<pid>\d+) is done"),
    (ServerEvent.WORKER_EXITED, rf"^worker (?P<worker>\d+) killed successfully {_PID}\)"),
    (ServerEvent.WORKER_EXITED, r"^worker (?P<worker>\d+) buried after \d+ seconds"),
    # The master notes it when it looks next, which is seconds later while it sleeps between respawns.
    (ServerEvent.WORKER_EXITED, rf"^goodbye to the gevent Hub on worker (?P<worker>\d+) {_PID}\)"),
    (
        ServerEvent.KILLED_WHILE_LEAVING,
        rf"^worker (?P<worker>\d+) {_PID}\) is taking too much time to die\.\.\.NO MERCY",
    ),
    # Of the worker's own time bomb under gevent; it does not say which worker.
    (ServerEvent.KILLED_WHILE_LEAVING, r"^\*\*\* BOOOOOOM \*\*\*$"),
    (
        ServerEvent.EVIL_RELOAD,
        rf"\*\*\* EVIL RELOAD ON WORKER (?P<worker>\d+) (?:RSS|ADDRESS SPACE): (?P<value>\d+) {_PID}\)",
    ),
    (
        ServerEvent.RESPAWN_THROTTLED,
        r"^worker respawning too fast !!! i have to sleep a bit \((?P<value>\d+) seconds\)",
    ),
    (ServerEvent.RELOAD, r"^\.\.\.(?:gracefully|brutally) killing workers\.\.\."),
    (ServerEvent.RELOAD, r"^chain reload starting\.\.\."),
    (ServerEvent.SHUTDOWN, r"^SIG\w+(?:/SIG\w+)* received\.\.\.killing workers"),
    (ServerEvent.ASYNC_QUEUE_FULL, r"\[DANGER\] async queue is full !!!"),
    (
        ServerEvent.BLOCK_SIZE_EXCEEDED,
        r"^invalid request block size: (?P<value>\d+) \(max (?P<limit>\d+)\)",
    ),
    (
        ServerEvent.EMPTY_500,
        r"^\[pid: (?P<pid>\d+)\|app: .*\d{4}\] \S+ (?P<uri>.*) => generated 0 bytes in .* 500\) 0 headers in 0 bytes ",
    ),
    (
        ServerEvent.REQUEST_TOOK_LONG,
        r"^\[pid: (?P<pid>\d+)\|app: .*\d{4}\] [A-Z]+ (?P<uri>.*) => generated \d+ bytes in (?P<value>\d{5,9}) msecs ",
    ),
    (
        ServerEvent.LIFETIME_REACHED,
        r"^worker (?P<worker>\d+) lifetime reached, it was running for (?P<value>\d+) second",
    ),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^--- no python application found"),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^unable to load app \d+ \(mountpoint="),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^\*\*\* no app loaded\. "),
    (ServerEvent.WRITE_TIMEOUT, r"^uwsgi_(?:response_\w+|simple_write)\(\) TIMEOUT !!!"),
    (
        ServerEvent.WRITE_FAILED,
        r"^uwsgi_(?:response_\w+|simple_write)\(\)(?:: .* during \S+ (?P<uri>.*) \(.*\)$| TIMEOUT !!!)",
    ),
)

_OWN = re.compile(
    r"[^\"]{0,80}?(?:\*\*\* (?:Starting uWSGI|HARAKIRI ON|uWSGI listen queue|EVIL RELOAD)|\[uWSGI\] |"
    r"\[pid: \d+\|(?:app|worker): |(?:Respawned|spawned) uWSGI |DAMN ! worker \d|HARAKIRI \[core|"
    r"\.\.\.The work of process \d|"
    r"worker \d+ killed successfully|worker \d+ lifetime reached|--- no python application found|"
    r"invalid request block size: \d|WSGI app \d+ \(mountpoint=|"
    r"\[DANGER\] async queue is full|worker respawning too fast|uwsgi_response_\w+\(\)|goodbye to uWSGI|"
    r"\.\.\.(?:gracefully|brutally) killing workers)"
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI")

HTTP_AS_BLOCK_SIZES: Final = frozenset(int.from_bytes(method[1:3].encode(), "little") for method in _METHODS)
"""The sizes that uWSGI reads out of an HTTP request sent to a socket that speaks uwsgi: its bytes 2 and 3."""


def _of_size(size_bytes: float | None) -> ServerEvent:
    is_http = size_bytes in HTTP_AS_BLOCK_SIZES
    return ServerEvent.PROTOCOL_MISMATCH if is_http else ServerEvent.BLOCK_SIZE_EXCEEDED


_BEGINS = r"\[pid: \d+\|(?:app|worker): "
_CLAIM = f"regexp_matches(line, '{_BEGINS}')"
_STATUS = number(r" => generated \d+ bytes in \d+ [a-z]+.*?\((?:\S+|-)? ?(\d{3})\) ", "INTEGER")
_STARTED = extracted(r"\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\] ")
_TIMING = r" => generated \d+ bytes in (\d+) "


_LONG_S = 10
"""A request that took so long is told of although it did not fail: it may have kept others waiting."""
_DATE = "%a %b %d %H:%M:%S %Y"
_DATE_CHARS = 24
_DATED = r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] "

# The stock line is taken apart at two fixed texts and by one pattern, several times as fast as by the patterns that
# are for all others.
_GENERATED = " => generated "
_STOCK = r"^\d+ bytes in (\d{1,9}) (msecs|micros) \(HTTP/\d\.\d ([1-9]\d\d)\) "
_PIECES = (
    f"strpos(line, '{_GENERATED}') AS found, split_part(line, '}} [', 2) AS came",
    (
        f"regexp_extract(substr(line, found + {len(_GENERATED)}), '{_STOCK}', ['took', 'unit', 'status']) AS stock, "
        f"came, found > 0 AND regexp_matches(line, '^{_BEGINS}') AND regexp_matches(came, '{_DATED}') AS begins"
    ),
    (
        "stock.status AS stock_status, begins AND stock.status <> '' AS is_stock, "
        f"epoch(try_strptime(left(came, {_DATE_CHARS}), '{_DATE}')) AS came_s, "
        "TRY_CAST(stock.took AS DOUBLE) / CASE WHEN stock.unit = 'msecs' THEN 1e3 ELSE 1e6 END AS took_s"
    ),
)


def _requests() -> LineFormat:
    duration_s = f"coalesce({number(_TIMING + 'msecs', 'DOUBLE')} / 1e3, {number(_TIMING + 'micros', 'DOUBLE')} / 1e6)"
    # uWSGI logs when the request came, padded to two places with a space.
    unpadded = f"replace({_STARTED}, '  ', ' ')"
    started_s = epoch_sql(unpadded, _DATE)
    return LineFormat(
        kind=_KIND,
        pieces=_PIECES,
        status=f"CASE WHEN is_stock THEN TRY_CAST(stock_status AS INTEGER) WHEN {_CLAIM} THEN {_STATUS} END",
        time_s=f"CASE WHEN is_stock AND came_s IS NOT NULL THEN came_s + took_s "
        f"WHEN {_CLAIM} THEN {started_s} + coalesce({duration_s}, 0) END",
        has_local_times=True,
        tells=f"CASE WHEN is_stock THEN took_s WHEN {_CLAIM} THEN {duration_s} END >= {_LONG_S}",
        claims_to_be_a_request=_CLAIM,
        columns={
            "duration_s": duration_s,
            "method": extracted(r"\d{4}\] ([A-Z]+) .* => generated "),
            "uri": extracted(r"\d{4}\] [A-Z]+ (.*) => generated "),
            "app_pid": number(r"\[pid: (\d+)\|(?:app|worker): ", "INTEGER"),
            "body_bytes": number(r" => generated (\d+) bytes ", "BIGINT"),
        },
    )


_ACCESS_CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
ACCESS = AccessFormat(
    name=re.compile(r"%\(([\w.]+)\)"),
    written="%({})",
    logs_the_start=True,
    fields={
        "status": STATUS,
        "ltime": LOCAL,
        "ctime": Field(pattern=_ACCESS_CTIME, meaning=Meaning.TIME, time_format="%a %b %d %H:%M:%S %Y"),
        # As log-format-strftime has it, which is mostly this.
        "ftime": Field(pattern=ISO_TIME, meaning=Meaning.TIME, time_format=ISO),
        "time": epoch(1.0),
        "tmsecs": epoch(1e-3),
        "tmicros": epoch(1e-6),
        "method": METHOD,
        "uri": URI,
        "size": BYTES,
        "rsize": BYTES,
        "secs": duration(1.0),
        "msecs": duration(1e-3),
        "micros": duration(1e-6),
        "pid": Field(pattern=r"\d+", meaning=Meaning.PID),
    },
    guesses=guessed(
        "%(before)",
        "%(between)",
        ("%(ltime)", "%(ctime)", "%(ftime)"),
        (
            '"%(verb) %(target) HTTP/%(version)" %(code)%(after)',
            "%(verb) %(target) HTTP/%(version) %(code)%(after)",
            "%(verb) %(target) %(code)%(after)",
        ),
    ),
    unnamed={"verb": CERTAIN_METHOD, "target": CERTAIN_URI, "code": CERTAIN_STATUS},
    stock=re.compile(r"\[pid: \d+\|(?:app|worker): "),
)
LOG = ServerLog(
    kind=_KIND,
    example="Fri Dec  6 14:48:56 2024 - *** HARAKIRI ON WORKER 1 (pid: 66, try: 1, graceful: yes) ***",
    own=_OWN,
    line=split_line,
    with_times="Set log-date = true.",
    rules=_RULES,
    has_local_times=True,
    prints_uncaught=True,
    request="[pid: ",
    requests=_requests(),
    access=ACCESS,
    refined={ServerEvent.BLOCK_SIZE_EXCEEDED: _of_size},
)
