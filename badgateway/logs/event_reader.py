"""Reads the events of an application server's log out of its lines."""

import re
from dataclasses import dataclass, replace

from badgateway.logs.event_grammar import HANDLED, application_rules
from badgateway.logs.tracebacks import TracebackTracker
from badgateway.model.evidence import ServerEvent
from badgateway.servers.log import Rule, ServerLine, ServerLog, logged_line

# The numbers of Linux, where these servers' logs come from; this room may not import signal.
_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10}
_SIGNALS |= {"SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "XCPU": 24, "XFSZ": 25, "SYS": 31}


# uWSGI raises it in the application when nginx has gone; it has its own line for that.
_NOT_OF_THE_APPLICATION = re.compile(r"(?:OSError|IOError): write error$")
_IMPORT_ERROR = re.compile(r"(?:[\w.]+\.)?(?:\w*ImportError|ModuleNotFoundError|SyntaxError|ImproperlyConfigured): ")
_TIMED_OUT = re.compile(r"SystemExit: 1$")
_ENDS = (ServerEvent.WORKER_EXITED, ServerEvent.WORKER_CRASHED, ServerEvent.WORKER_KILLED)
_RECENT_EVENTS = 100
_STILL_OPEN_EVENTS = 2 * _RECENT_EVENTS
"""Of the last ones a line that comes may still tell more."""
_MANY_EVENTS = 10_000
_LONGEST_NUMBER = 18


@dataclass(slots=True, kw_only=True)
class Event:
    """A row of `server_events`; a traceback that follows may still tell more of it."""

    event: ServerEvent
    line_number: int
    line: str
    time_s: float | None = None
    pid: int | None = None
    worker: int | None = None
    uri: str | None = None
    request_started_s: float | None = None
    signal: int | None = None
    value: float | None = None
    limit_value: float | None = None


class EventReader:
    """Fed a server's log line by line, in order; close() yields what was still open.

    Where a log has many, `settled` hands them out on the way.
    """

    def __init__(self, log: ServerLog, utc_offset_s: float) -> None:
        """Read a log of this kind, whose local times are utc_offset_s ahead of UTC."""
        self.events: list[Event] = []
        self.dated: list[tuple[int, float]] = []
        """The nearest lines with a time before and after events that have none: number and time."""
        self._stamped: tuple[int, float] | None = None
        self._has_undated = False
        self._log = log
        self._utc_offset_s = utc_offset_s
        self._traceback = TracebackTracker()
        self._before: Event | None = None
        self._opener: Event | None = None
        self._said_before: ServerLine | None = None
        self._dying_worker: Event | None = None
        self._leaving: list[int | None] = []
        self._pids: dict[int, list[int | None]] = {}
        self._traced_s: float | None = None
        self._import_error = ""

    def feed(self, line_number: int, line: str, written_s: float | None = None) -> None:
        """Take the next line; written_s is when it was written, where something else than the server says so."""
        parsed = self._log.line(line, self._utc_offset_s)
        if parsed.time_s is None:
            parsed = replace(parsed, time_s=written_s)
        self._take(line_number, line, parsed)
        if parsed.time_s is not None:
            self._stamped = (line_number, parsed.time_s)
            if self._has_undated:
                self.dated.append(self._stamped)
                self._has_undated = False

    def _take(self, line_number: int, line: str, parsed: ServerLine) -> None:
        event = self._own_event(line_number, line, parsed)
        if event is None and not parsed.has_prefix and not parsed.text.startswith(self._log.request):
            self._feed_text(line_number, line, parsed)
            return
        # Gunicorn writes a traceback in one piece, so its next own line ends it; uWSGI's processes interleave.
        if self._traceback.has_ended or (self._traceback.is_open and not self._log.prints_uncaught):
            self._close_traceback()
        if event is not None and event.event is ServerEvent.APPLICATION_NOT_LOADED and self._import_error:
            event.line = f"{event.line}\n{self._import_error}"
        self._said_before = None if event or parsed.text.startswith(self._log.request) else parsed
        self._before = event
        if event is None:
            event = _matched(application_rules(), line_number, line, parsed)
        if event is not None and not self._repeats(event):
            self._add(event)

    def settled(self) -> tuple[list[Event], list[tuple[int, float]]]:
        """Hand out what nothing that comes can change, once it is much: events, and lines with a time beside them."""
        done = self.events[:-_STILL_OPEN_EVENTS]
        if len(self.events) < _MANY_EVENTS or any(event is self._opener for event in done):
            return [], []
        # The last one may be noted once more.
        dated = list(dict.fromkeys(self.dated))
        self.events, self.dated = self.events[-_STILL_OPEN_EVENTS:], dated[-1:]
        return done, dated[:-1]

    def close(self) -> None:
        """The log is at its end."""
        if self._traceback.is_open:
            self._close_traceback()

    def _add(self, event: Event) -> None:
        self.events.append(event)
        if event.time_s is None:
            self._has_undated = True
            if self._stamped is not None:
                self.dated.append(self._stamped)

    def _repeats(self, event: Event) -> bool:
        """Whether a gevent worker says goodbye once more, as it does for each request it still has to finish."""
        if event.event is not ServerEvent.WORKER_RECYCLED or not self._log.prints_uncaught:
            return False
        if event.pid in self._leaving:
            return True
        self._leaving.append(event.pid)
        return False

    def _own_event(self, line_number: int, line: str, parsed: ServerLine) -> Event | None:
        event = _matched(self._log.rules, line_number, line, parsed)
        if event is None or (event.uri and self._log.others and self._log.others.match(event.uri)):
            return None
        if self._log.numbers_workers and event.worker is not None:
            self._number(event, parsed)
        if event.event in self._log.refined:
            event.event = self._log.refined[event.event](event.value)
        if event.event is ServerEvent.HARAKIRI and event.pid is not None:
            self._dying_worker = event
        elif event.event is ServerEvent.HARAKIRI and self._dying_worker is not None:
            event.pid, event.worker = self._dying_worker.pid, self._dying_worker.worker
        elif event.event is ServerEvent.KILLED_WHILE_LEAVING and event.pid is None and self._leaving:
            # All have the same patience, so it ends in the order in which they were told to go.
            event.pid = self._leaving.pop(0)
        elif event.event in _ENDS and event.pid in self._leaving:
            self._leaving.remove(event.pid)
        return event

    def _number(self, event: Event, parsed: ServerLine) -> None:
        """Tell the process of a worker that has a number only."""
        assert event.worker is not None
        had = self._pids.setdefault(event.worker, [None, None])
        if event.event is ServerEvent.WORKER_BOOTED:
            had[:] = [had[1], event.pid]
        elif event.event is not ServerEvent.WORKER_READY:
            # What stands before these lines is the process of the master.
            event.pid = had[0 if self._log.replaced_worker in parsed.text else 1]

    def _feed_text(self, line_number: int, line: str, parsed: ServerLine) -> None:
        text = parsed.text
        if self._traceback.is_open and not self._traceback.takes(line_number, text):
            self._close_traceback()
        if self._traceback.is_open:
            self._traced_s = parsed.time_s
            return
        if self._traceback.starts(text):
            self._opener = self._before
            self._traceback.takes(line_number, text)
        elif text.strip():
            self._note_import_error(text)
            self._before, self._said_before = None, parsed
            event = _matched(application_rules(), line_number, line, parsed)
            if event is not None:
                self._add(event)

    def _close_traceback(self) -> None:
        line_number = self._traceback.line_number
        exceptions = self._traceback.finish()
        opener, self._opener = self._opener, None
        said_before, self._said_before = self._said_before, None
        self._before = None
        if not exceptions:
            return
        self._note_import_error(exceptions[-1])
        if opener is not None and opener.event is ServerEvent.APPLICATION_EXCEPTION:
            self._explain(opener, exceptions)
        elif _TIMED_OUT.match(exceptions[-1]) and self._says_goodbye(line_number, exceptions[-1]):
            return
        else:
            self._add_printed(line_number, exceptions, said_before)

    def _note_import_error(self, text: str) -> None:
        if _IMPORT_ERROR.match(text):
            self._import_error = text

    def _explain(self, event: Event, exceptions: tuple[str, ...]) -> None:
        """Tell what the exception was that Gunicorn says left the application."""
        if _TIMED_OUT.match(exceptions[-1]) and self._merge_into_timeout(event):
            return
        known = _known_exception(exceptions, event.line_number)
        if known is not None:
            event.event, event.value = known.event, known.value
        event.line = f"{event.line}\n{exceptions[-1]}"

    def _merge_into_timeout(self, event: Event) -> bool:
        """The arbiter's SIGABRT arrives as SystemExit, which is not the application's; only the URI is news."""
        recent = self.events[-_RECENT_EVENTS:]
        timeouts = (each for each in reversed(recent) if each.event is ServerEvent.WORKER_TIMEOUT)
        timeout = next((each for each in timeouts if each.pid == event.pid), None)
        if timeout is None:
            return False
        timeout.uri = timeout.uri or event.uri
        self.events[-_RECENT_EVENTS:] = [each for each in recent if each is not event]
        return True

    def _says_goodbye(self, line_number: int, text: str) -> bool:
        """The same SystemExit with no request named: the worker that timed out last was in Python."""
        timeout = next((each for each in reversed(self.events) if each.event is ServerEvent.WORKER_TIMEOUT), None)
        if timeout is None or line_number - timeout.line_number > _RECENT_EVENTS:
            return False
        self._add(replace(timeout, event=ServerEvent.WORKER_EXITED, line_number=line_number, line=text, uri=None))
        return True

    def _add_printed(self, line_number: int, exceptions: tuple[str, ...], said_before: ServerLine | None) -> None:
        """An exception that somebody printed: uWSGI itself only if no words of a logger stand before it."""
        handled = None if said_before is None else HANDLED.search(said_before.text)
        event = _known_exception(exceptions, line_number) or self._unknown(
            line_number, exceptions[-1], is_alone=said_before is None, is_handled=handled is not None
        )
        if event is None:
            return
        event.time_s = self._traced_s
        if said_before is not None and handled is not None:
            # Of the request, and so of the exception; under uWSGI the application's own stamp is the only one there.
            stamped = said_before if said_before.has_prefix else logged_line(said_before.text, self._utc_offset_s)
            event.uri, event.pid = handled["uri"], stamped.pid
            event.time_s = stamped.time_s if stamped.time_s is not None else said_before.time_s
        self._add(event)

    def _unknown(self, line_number: int, text: str, *, is_alone: bool, is_handled: bool) -> Event | None:
        if is_handled:
            return Event(event=ServerEvent.HANDLED_EXCEPTION, line_number=line_number, line=text)
        if is_alone and self._log.prints_uncaught and not _NOT_OF_THE_APPLICATION.match(text):
            return Event(event=ServerEvent.APPLICATION_EXCEPTION, line_number=line_number, line=text)
        return None


def _known_exception(exceptions: tuple[str, ...], line_number: int) -> Event | None:
    for text in reversed(exceptions):
        event = _matched(application_rules(), line_number, text, ServerLine(text=text))
        if event is not None:
            return event
    return None


def _matched(rules: tuple[Rule, ...], line_number: int, line: str, parsed: ServerLine) -> Event | None:
    for rule in rules:
        match = rule.pattern.search(parsed.text)
        if match is not None:
            found = {name: text for name, text in match.groupdict().items() if text is not None}
            return Event(
                event=rule.event,
                line_number=line_number,
                line=line,
                time_s=parsed.time_s,
                pid=_whole(found.get("pid")) or parsed.pid,
                worker=_whole(found.get("worker")),
                uri=found.get("uri"),
                request_started_s=_number(found.get("started")),
                signal=_signal(found.get("signal")),
                value=_number(found.get("value")),
                limit_value=_number(found.get("limit")),
            )
    return None


def _whole(text: str | None) -> int | None:
    # What a 32-bit column cannot hold is no pid and no worker.
    return int(text) if text is not None and len(text) < 10 else None


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and len(text) <= _LONGEST_NUMBER else None


def _signal(text: str | None) -> int | None:
    if text is None or not text.isdecimal():
        return _SIGNALS.get((text or "").upper().removeprefix("SIG"))
    return _whole(text)
