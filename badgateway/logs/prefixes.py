"""What containers, journals and syslogs put before each line: the stream it belongs to, and when it was written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from badgateway.logs.json_lines import json_object
from badgateway.logs.load_balancer import LOOKS_LIKE_CLASSIC_ELB


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A line without its prefix.

    Attributes:
        text: What the program itself wrote.
        stream: Which program, of which container, pod or unit; empty where the prefix does not say.
        written: When, as the prefix says it; empty where it does not.
    """

    text: str
    stream: str = ""
    written: str = ""


Unwrap = Callable[[str], Unwrapped | None]

_COMPOSE = re.compile(r"([A-Za-z][\w.-]*) +\| ?(.*)", re.DOTALL)
_POD = re.compile(r"\[pod/([^\]]+)\] (.*)", re.DOTALL)
_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (?:stdout|stderr) [FP] (.*)", re.DOTALL)
_SYSLOG = re.compile(
    r"(?:<\d+>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([\w./@-]+)(?:\[\d+\])?: ?(.*)", re.DOTALL
)
_SYSLOG_5424 = re.compile(r"<\d+>1 (\S+) (\S+) (\S+) \S+ \S+ (?:-|\[[^\]]*\]) ?(.*)", re.DOTALL)
_JOURNAL_ISO = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (?:(\S+) )?([\w./@-]+\[[\w.-]+\]|[\w./@-]+): (.*)", re.DOTALL
)
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)) (?!- )(.*)", re.DOTALL)
_CLASSIC_ELB = re.compile(LOOKS_LIKE_CLASSIC_ELB)
_PID = re.compile(r"\[\d+\]$")


def _compose(line: str) -> Unwrapped | None:
    match = _COMPOSE.match(line)
    return Unwrapped(stream=match[1], text=match[2]) if match else None


def _pod(line: str) -> Unwrapped | None:
    match = _POD.match(line)
    return Unwrapped(stream=match[1], text=match[2]) if match else None


def _cri(line: str) -> Unwrapped | None:
    match = _CRI.match(line)
    return Unwrapped(written=match[1], text=match[2]) if match else None


def _syslog(line: str) -> Unwrapped | None:
    match = _SYSLOG.match(line)
    return Unwrapped(written=match[1], stream=f"{match[2]} {match[3]}", text=match[4]) if match else None


def _syslog_5424(line: str) -> Unwrapped | None:
    match = _SYSLOG_5424.match(line)
    return Unwrapped(written=match[1], stream=f"{match[2]} {match[3]}", text=match[4]) if match else None


def _journal_iso(line: str) -> Unwrapped | None:
    match = _JOURNAL_ISO.match(line)
    if match is None or _CLASSIC_ELB.match(line):
        return None
    # The number in brackets is a process, and many processes are one program; a word in brackets is a dyno.
    program = _PID.sub("", match[3])
    return Unwrapped(written=match[1], stream=f"{match[2] or ''} {program}".strip(), text=match[4])


def _iso(line: str) -> Unwrapped | None:
    match = _ISO.match(line)
    if match is None or _CLASSIC_ELB.match(line):
        return None
    return Unwrapped(written=match[1], text=match[2])


_TEXT_KEYS = ("log", "message", "msg")
_TIME_KEYS = ("time", "timestamp", "asctime", "@timestamp", "ts")


def _json(line: str) -> Unwrapped | None:
    """A line of Docker's json-file driver, or of a logger that writes its messages as JSON."""
    if not line.startswith("{"):
        return None
    value = json_object(line)
    # An access log's line has a status; its message says nothing that its keys do not.
    if "status" in value or "request" in value:
        return None
    text = next((value[key] for key in _TEXT_KEYS if isinstance(value.get(key), str) and value[key].strip()), None)
    written = next((str(value[key]) for key in _TIME_KEYS if key in value), "")
    return None if text is None else Unwrapped(text=text.rstrip("\r\n"), written=written)


_PREFIXES: tuple[Unwrap, ...] = (_json, _compose, _pod, _cri, _syslog_5424, _syslog, _journal_iso, _iso)
_DEEPEST = 3
_LEAST_SHARE = 10
"""A prefix that one line in so many has, at least, is one; fewer lines only look as if they had it."""


class Prefixes:
    """The prefixes that the lines of one file have, the outermost first."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Learn them from the file's first lines."""
        self._layers: list[tuple[Unwrap, ...]] = []
        texts = [*lines]
        while len(self._layers) < _DEEPEST:
            layer = tuple(unwrap for unwrap in _PREFIXES if _is_common(unwrap, texts))
            if not layer:
                break
            self._layers.append(layer)
            texts = [_peeled(text, layer).text for text in texts]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._layers)

    def unwrap(self, line: str) -> Unwrapped:
        """Take the prefixes off a line, as many as it has."""
        found = Unwrapped(text=line)
        for layer in self._layers:
            inner = _peeled(found.text, layer)
            stream = " ".join(part for part in (found.stream, inner.stream) if part)
            found = replace(inner, stream=stream, written=inner.written or found.written)
        return found


def _is_common(unwrap: Unwrap, lines: Sequence[str]) -> bool:
    return _LEAST_SHARE * sum(unwrap(line) is not None for line in lines) > len(lines)


def _peeled(line: str, layer: Sequence[Unwrap]) -> Unwrapped:
    return next((inner for unwrap in layer if (inner := unwrap(line)) is not None), Unwrapped(text=line))
