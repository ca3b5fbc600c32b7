"""What containers, journals and syslogs put before each line: the stream it belongs to, and when it was written."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from badgateway.logs.json_fields import is_of_a_request, leaves
from badgateway.logs.json_lines import json_object
from badgateway.logs.load_balancer import LOOKS_LIKE_CLASSIC_ELB
from badgateway.logs.recognising import kind_of
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

# As copied from a terminal.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_COMPOSE = re.compile(r"([A-Za-z][\w.@-]*) +\| ?(.*)", re.DOTALL)
_POD = re.compile(r"\[pod/([^\]]+)\] (.*)", re.DOTALL)
# What stern writes, and `aws logs tail` behind its time.
_STERN = re.compile(
    r"([a-z][a-z0-9.-]*-(?:[a-f0-9]{6,10}-[a-z0-9]{5}|\d{1,3}|[a-z0-9]{5})) (?:\u203a )?"
    r"(?!exited with code )([a-z][a-z0-9-]*) (.*)",
    re.DOTALL,
)
_TASK = re.compile(r"([\w.-]+/[\w.-]+/[0-9a-f]{32}) (.*)", re.DOTALL)
_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (?:stdout|stderr) [FP] (.*)", re.DOTALL)
_SYSLOG = re.compile(
    rf"(?:<\d+>)?({MONTH} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? (\S+) ([\w./@-]+)(?:\[\d+\])?: ?(.*)", re.DOTALL
)
_SYSLOG_5424 = re.compile(r"<\d+>1 (\S+) (\S+) (\S+) \S+ \S+ (?:-|\[[^\]]*\]) ?(.*)", re.DOTALL)
_JOURNAL_ISO = re.compile(
    # A level is no machine, and what stands alone before a colon no program: an exception is printed so.
    r"(\d{10}\.\d{6}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (?!(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b)"
    r"(?:([^\s:]+) (?=[\w./@-]+(?:\[[\w.-]+\])?: )|(?=[\w./@-]+\[[\w.-]+\]: ))([\w./@-]+(?:\[[\w.-]+\])?): (.*)",
    re.DOTALL,
)
_FLUENTD = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*)\t([\w.-]+)\t(.*)", re.DOTALL)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) (?!- )(.*)", re.DOTALL)
_FLY = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (\w+\[[0-9a-f]{8,}\]) [a-z]{3} \[\w+\] ?(.*)", re.DOTALL)
_DIGITALOCEAN = re.compile(r"\[([\w-]+)\] \[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] (.*)", re.DOTALL)
_GREP = re.compile(r"([\w./-]+\.log[\w.-]*):(?:\d+:)?(.*)", re.DOTALL)
# uWSGI's log-date in a form that leaves out the year.
_WITHOUT_YEAR = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) - (.*)", re.DOTALL)
# What Gunicorn, uWSGI, databases and loggers put behind a date is theirs.
_PLAIN = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?):? "
    r"(?!- |\[\d+\] |[A-Z]{3,4} \[\d+\] |\d+ \[[A-Z]|\[?(?:DEBUG|INFO|WARN(?:ING)?|ERRO(?:R)?|CRIT(?:ICAL)?|FATAL)\b)"
    "(.*)",
    re.DOTALL,
)
# Of the browser's zone, which is nobody's else.
_CLOCK_OF_12 = re.compile(r"[A-Z][a-z]{2} +\d{1,2} \d{1,2}:\d\d:\d\d [AP]M +(.*)", re.DOTALL)
_CLASSIC_ELB = re.compile(LOOKS_LIKE_CLASSIC_ELB)
_PID = re.compile(r"\[\d+\]$")


def _compose(line: str) -> Unwrapped | None:
    match = _COMPOSE.match(line)
    return Unwrapped(stream=match[1], text=match[2]) if match else None


def _pod(line: str) -> Unwrapped | None:
    match = _POD.match(line)
    return Unwrapped(stream=match[1], host=match[1].split("/")[0], text=match[2]) if match else None


def _cri(line: str) -> Unwrapped | None:
    match = _CRI.match(line)
    return Unwrapped(written=match[1], text=match[2]) if match else None


def _of_machine(match: re.Match[str]) -> Unwrapped:
    return Unwrapped(written=match[1], stream=f"{match[2]} {match[3]}", host=match[2], text=match[4])


def _syslog(line: str) -> Unwrapped | None:
    match = _SYSLOG.match(line)
    return _of_machine(match) if match else None


def _syslog_5424(line: str) -> Unwrapped | None:
    match = _SYSLOG_5424.match(line)
    return _of_machine(match) if match else None


def _journal_iso(line: str) -> Unwrapped | None:
    match = _JOURNAL_ISO.match(line)
    if match is None or _CLASSIC_ELB.match(line):
        return None
    # The number in brackets is a process, and many processes are one program; a word in brackets is a dyno.
    program = _PID.sub("", match[3])
    return Unwrapped(written=match[1], stream=f"{match[2] or ''} {program}".strip(), host=match[2] or "", text=match[4])


def _iso(line: str) -> Unwrapped | None:
    match = _ISO.match(line)
    if match is None or _CLASSIC_ELB.match(line):
        return None
    return Unwrapped(written=match[1], text=match[2])


def _stern(line: str) -> Unwrapped | None:
    match = _STERN.match(line)
    return Unwrapped(stream=f"{match[1]} {match[2]}", host=match[1], text=match[3]) if match else None


def _task(line: str) -> Unwrapped | None:
    match = _TASK.match(line)
    return Unwrapped(stream=match[1], text=match[2]) if match else None


def _fluentd(line: str) -> Unwrapped | None:
    match = _FLUENTD.match(line)
    return Unwrapped(written=match[1], stream=match[2], text=match[3]) if match else None


def _fly(line: str) -> Unwrapped | None:
    match = _FLY.match(line)
    return Unwrapped(written=match[1], stream=match[2], text=match[3]) if match else None


def _digitalocean(line: str) -> Unwrapped | None:
    match = _DIGITALOCEAN.match(line)
    return Unwrapped(written=f"{match[2]}Z", stream=match[1], text=match[3]) if match else None


def _grep(line: str) -> Unwrapped | None:
    match = _GREP.match(line)
    return Unwrapped(stream=match[1], text=match[2]) if match else None


def _without_year(line: str) -> Unwrapped | None:
    match = _WITHOUT_YEAR.match(line)
    return Unwrapped(written=match[1], text=match[2]) if match else None


def _plain(line: str) -> Unwrapped | None:
    match = _PLAIN.match(line)
    return Unwrapped(written=match[1], text=match[2]) if match else None


def _clock_of_12(line: str) -> Unwrapped | None:
    match = _CLOCK_OF_12.match(line)
    return Unwrapped(text=match[1]) if match else None


_CADDY = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\t([A-Z]+)\t(http\.[\w.]+)\t([^\t]*)\t(\{.*)", re.DOTALL
)


def _caddy(line: str) -> Unwrapped | None:
    """A line of Caddy's for a terminal, as its JSON has it."""
    match = _CADDY.match(line)
    value = json_object(match[8]) if match else {}
    if match is None or not value:
        return None
    told = {"level": match[5].lower(), "ts": f"{match[1]}-{match[2]}-{match[3]} {match[4]}+00", "logger": match[6]}
    return Unwrapped(text=json.dumps({**told, "msg": match[7], **value}))


_TEXT_KEYS = ("log", "message", "msg", "textPayload", "MESSAGE")
_TIME_KEYS = ("time", "timestamp", "asctime", "@timestamp", "ts")
_NAME_KEYS = ("kubernetes.pod_name", "resource.labels.pod_name", "_SYSTEMD_UNIT", "container_name", "logStreamName")


def _json(line: str) -> Unwrapped | None:
    """A line of Docker's json-file driver, or of a logger that writes its messages as JSON."""
    if not line.startswith("{"):
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


_PREFIXES: tuple[Unwrap, ...] = (
    _json,
    _caddy,
    _compose,
    _pod,
    _cri,
    _syslog_5424,
    _syslog,
    _fluentd,
    _fly,
    _journal_iso,
    _iso,
    _stern,
    _task,
    _digitalocean,
    _grep,
    _without_year,
    _plain,
    _clock_of_12,
)
_DOUBTFUL = (_grep, _plain, _clock_of_12)
"""Anything may begin so: these are prefixes only where something that is known stands behind one."""
_DEEPEST = 3
_LEAST_SHARE = 10
"""A prefix that one line in so many has, at least, is one; fewer lines only look as if they had it."""


class Prefixes:
    """The prefixes that the lines of one file have, the outermost first."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Learn them from the file's first lines."""
        self._layers: list[tuple[Unwrap, ...]] = []
        self._has_colours = any("\x1b[" in line for line in lines)
        texts = [self._plain(line) for line in lines]
        while len(self._layers) < _DEEPEST:
            layer = tuple(unwrap for unwrap in _PREFIXES if _is_common(unwrap, texts))
            if not layer:
                break
            self._layers.append(layer)
            texts = [_peeled(text, layer).text for text in texts]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._layers) or self._has_colours

    def _plain(self, line: str) -> str:
        return _COLOUR.sub("", line) if self._has_colours else line

    def unwrap(self, line: str) -> Unwrapped:
        """Take the prefixes off a line, as many as it has, and all colours."""
        found = Unwrapped(text=self._plain(line))
        for layer in self._layers:
            inner = _peeled(found.text, layer)
            stream = " ".join(part for part in (found.stream, inner.stream) if part)
            found = replace(inner, stream=stream, host=inner.host or found.host, written=inner.written or found.written)
        return found


def _is_common(unwrap: Unwrap, lines: Sequence[str]) -> bool:
    found = [inner.text for line in lines if (inner := unwrap(line)) is not None]
    is_common = _LEAST_SHARE * len(found) > len(lines)
    return is_common and (unwrap not in _DOUBTFUL or any(kind_of(text) is not None for text in found))


def _peeled(line: str, layer: Sequence[Unwrap]) -> Unwrapped:
    return next((inner for unwrap in layer if (inner := unwrap(line)) is not None), Unwrapped(text=line))
