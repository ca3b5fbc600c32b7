"""The kinds of prefixes that lines have, one by one: of containers, journals, syslogs, and platforms."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from badgateway.logs.go_proxies import kind_of_json
from badgateway.logs.json_fields import is_of_a_request, leaves
from badgateway.logs.json_lines import json_object
from badgateway.logs.load_balancer import LOOKS_LIKE_CLASSIC_ELB
from badgateway.logs.rewriting import rewritten
from badgateway.servers.log import MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A line without its prefix.

    Attributes:
        text: What the program itself wrote.
        stream: Which program, of which container, pod or unit; empty where the prefix does not say.
        host: Of which machine or pod; empty where the prefix does not say.
        written: When, as the prefix says it; empty where it does not.
    """

    text: str
    stream: str = ""
    host: str = ""
    written: str = ""


Unwrap = Callable[[str], Unwrapped | None]


def _by(pattern: str, zone: str = "") -> Unwrap:
    """Return what takes off a prefix, by a pattern whose groups are the parts; the zone is of its times."""
    compiled = re.compile(rf"{pattern}(?P<text>.*)", re.DOTALL)
    # By their numbers, for it is done for each line of a log.
    text, stream, host, written = (compiled.groupindex.get(part, 0) for part in ("text", "stream", "host", "written"))

    def unwrap(line: str) -> Unwrapped | None:
        match = compiled.match(line)
        if match is None:
            return None
        return Unwrapped(
            text=match[text],
            stream=(match[stream] or "") if stream else "",
            host=(match[host] or "") if host else "",
            written=f"{match[written]}{zone}" if written else "",
        )

    return unwrap


_DAY, _CLOCK = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d"
_STAMPED = rf"(?P<written>{_DAY}T{_CLOCK}\S*)"
_PROGRAM = r"[\w./@-]+"
_SYSLOG_DATE = rf"{MONTH} [ \d]\d {_CLOCK}"

_CLASSIC_ELB = re.compile(LOOKS_LIKE_CLASSIC_ELB)
_PID = re.compile(r"\[\d+\]$")

_in_journal_iso = _by(
    # A level is no machine, and what stands alone before a colon no program: an exception is printed so.
    rf"(?P<written>\d{{10}}\.\d{{6}}|{_DAY}T{_CLOCK}\S*) (?!(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b)"
    r"(?P<stream>(?:(?P<host>[^\s:]+) (?=[\w./@-]+(?:\[[\w.-]+\])?: )|(?=[\w./@-]+\[[\w.-]+\]: ))"
    r"[\w./@-]+(?:\[[\w.-]+\])?): "
)
_in_iso = _by(rf"(?P<written>{_DAY}T{_CLOCK}(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) (?!- )")


def _journal_iso(line: str) -> Unwrapped | None:
    found = None if _CLASSIC_ELB.match(line) else _in_journal_iso(line)
    if found is None:
        return None
    # The number in brackets is a process, and many processes are one program; a word in brackets is a dyno.
    return Unwrapped(text=found.text, written=found.written, host=found.host, stream=_PID.sub("", found.stream))


def _iso(line: str) -> Unwrapped | None:
    return None if _CLASSIC_ELB.match(line) else _in_iso(line)


_JOURNAL_FULL = re.compile(
    rf"[^\W\d_]{{1,4}}\.? ({_DAY} {_CLOCK}(?:\.\d+)?) (\S+) ((\S+) {_PROGRAM})(?:\[\d+\])?: ?(.*)", re.DOTALL
)


def _journal_full(line: str) -> Unwrapped | None:
    """A line of `journalctl -o short-full`, which names the zone: where that is not UTC, the time is a local one."""
    match = _JOURNAL_FULL.match(line)
    if match is None:
        return None
    written = match[1] + ("Z" if match[2] in ("UTC", "GMT") else "")
    return Unwrapped(written=written, stream=match[3], host=match[4], text=match[5])


_LOKI = re.compile(rf'({_DAY}T{_CLOCK}\S*) \{{(\w+="[^}}]*)\}}\s+(.*)', re.DOTALL)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_NAMING = ("pod", "instance", "host", "container", "unit", "job", "app")


def _loki(line: str) -> Unwrapped | None:
    """A line of Loki's logcli, with the labels of its stream."""
    match = _LOKI.match(line)
    if match is None:
        return None
    labels = dict(_LABEL.findall(match[2]))
    names = [labels[name] for name in _NAMING if name in labels]
    host = labels.get("pod") or labels.get("host", "")
    return Unwrapped(written=match[1], stream=" ".join(names), host=host, text=match[3])


_APP_ENGINE = re.compile(rf"({_DAY}) ({_CLOCK}) ([a-z][\w-]*)\[\w+\] +(.*)", re.DOTALL)
_NGINX_WITHOUT_A_DATE = re.compile(r"\[\w+\] \d+#\d+: ")


def _app_engine(line: str) -> Unwrapped | None:
    """A line of `gcloud app logs`, whose nginx leaves the date to who collects its lines."""
    match = _APP_ENGINE.match(line)
    if match is None:
        return None
    is_dateless = _NGINX_WITHOUT_A_DATE.match(match[4]) is not None
    text = f"{match[1].replace('-', '/')} {match[2]} {match[4]}" if is_dateless else match[4]
    return Unwrapped(written=f"{match[1]} {match[2]}Z", stream=match[3], text=text)


def _rewritten(line: str) -> Unwrapped | None:
    text = rewritten(line)
    return None if text is None else Unwrapped(text=text)


_STERN = re.compile(
    r"([a-z][a-z0-9.-]*-(?:[a-f0-9]{6,10}-[a-z0-9]{5}|\d{1,3}|[a-z0-9]{5})) (?:\u203a )?"
    r"(?!exited with code )([a-z][a-z0-9-]*) (.*)",
    re.DOTALL,
)


def _stern(line: str) -> Unwrapped | None:
    """A line of stern's, or of `aws logs tail` behind its time."""
    match = _STERN.match(line)
    return Unwrapped(stream=f"{match[1]} {match[2]}", host=match[1], text=match[3]) if match else None


_TEXT_KEYS = ("log", "message", "msg", "textPayload", "MESSAGE", "event")
_TIME_KEYS = ("time", "timestamp", "asctime", "@timestamp", "ts")
_NAME_KEYS = ("kubernetes.pod_name", "resource.labels.pod_name", "_SYSTEMD_UNIT", "container_name", "logStreamName")


def _json(line: str) -> Unwrapped | None:
    """A line of Docker's json-file driver, or of a logger that writes its messages as JSON."""
    if not line.startswith("{") or kind_of_json(line) is not None:
        return None
    value = json_object(line)
    # An access log's line has a status; its message says nothing that its keys do not.
    if "status" in value or "request" in value or is_of_a_request(value):
        return None
    text = next((value[key] for key in _TEXT_KEYS if isinstance(value.get(key), str) and value[key].strip()), None)
    if text is None:
        return None
    return Unwrapped(text=text.rstrip("\r\n"), written=_json_time(value), stream=_json_name(value))


def _json_time(value: Mapping[str, Any]) -> str:
    microseconds = str(value.get("__REALTIME_TIMESTAMP", ""))
    if microseconds.isdecimal():
        return f"{microseconds[:-6]}.{microseconds[-6:]}"
    return next((str(value[key]) for key in _TIME_KEYS if key in value), "")


def _json_name(value: Mapping[str, Any]) -> str:
    names = {".".join(place): inner for place, inner in leaves(value) if isinstance(inner, str)}
    return next((names[key] for key in _NAME_KEYS if key in names), "")


_grep = _by(r"(?P<stream>[\w./-]+\.log[\w.-]*):(?:\d+:)?")
# App Service's own log, beside that of the container.
_azure = _by(rf"(?P<written>{_DAY} {_CLOCK}\.\d{{3}}) (?:INFO|WARN|ERROR) +- ", zone="Z")
# What Gunicorn, uWSGI, databases and loggers put behind a date is theirs.
_plain = _by(
    rf"(?P<written>{_DAY} {_CLOCK}(?:[.,]\d+)?):? "
    r"(?!- |\[\d+\] |[A-Z]{3,4} \[\d+\] |\d+ \[[A-Z]|\[?(?:DEBUG|INFO|WARN(?:ING)?|ERRO(?:R)?|CRIT(?:ICAL)?|FATAL)\b)"
)
# Of the browser's zone, which is nobody's else.
_clock_of_12 = _by(r"[A-Z][a-z]{2} +\d{1,2} \d{1,2}:\d\d:\d\d [AP]M +")

PREFIXES: tuple[Unwrap, ...] = (
    _rewritten,
    _json,
    # docker compose logs, kubectl logs --prefix, Kubernetes' own files, cf logs.
    _by(r"(?P<stream>[A-Za-z][\w.@-]*) +\| ?"),
    _by(r"\[pod/(?P<stream>(?P<host>[^/\]]+)[^\]]*)\] "),
    _by(rf"{_STAMPED} (?:stdout|stderr) [FP] "),
    _by(rf"\s*{_STAMPED} \[(?P<stream>[A-Z]+[\w/-]*)\] +(?:OUT|ERR) "),
    _loki,
    _by(r"<\d+>1 (?P<written>\S+) (?P<stream>(?P<host>\S+) \S+) \S+ \S+ (?:-|\[[^\]]*\]) ?"),
    _by(rf"(?:<\d+>)?(?P<written>{_SYSLOG_DATE})(?:\.\d+)? (?P<stream>(?P<host>\S+) {_PROGRAM})(?:\[\d+\])?: ?"),
    _journal_full,
    # journalctl -o short-monotonic: seconds since the machine started.
    _by(rf"\[ *\d+\.\d{{6}}\] (?P<stream>(?P<host>[\w.-]+) {_PROGRAM})(?:\[\d+\])?: "),
    # Fluentd, Fly.io.
    _by(rf"{_STAMPED}\t(?P<stream>[\w.-]+)\t"),
    _by(rf"{_STAMPED} (?P<stream>\w+\[[0-9a-f]{{8,}}\]) [a-z]{{3}} \[\w+\] ?"),
    _app_engine,
    _journal_iso,
    _iso,
    _stern,
    # Of a task of ECS, behind the time of `aws logs tail`; DigitalOcean's App Platform.
    _by(r"(?P<stream>[\w.-]+/[\w.-]+/[0-9a-f]{32}) "),
    _by(rf"\[(?P<stream>[\w-]+)\] \[(?P<written>{_DAY} {_CLOCK})\] ", zone="Z"),
    _grep,
    # uWSGI's log-date in a form that leaves out the year.
    _by(rf"[A-Z][a-z]{{2}} (?P<written>[A-Z][a-z]{{2}} [ \d]\d {_CLOCK}) - "),
    _azure,
    _plain,
    _clock_of_12,
)
DOUBTFUL = (_grep, _azure, _plain, _clock_of_12)
"""Anything may begin so: these are prefixes only where something that is known stands behind one."""
