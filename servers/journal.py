"""Keeps a journal of a WSGI or ASGI site: a line when a request starts and one when it ends; none dies without a trace.

The site stays as it is: the server starts this file in its place. It needs nothing but Python.

    JOURNAL_WSGI=school_site.wsgi:application JOURNAL_FILE=/var/log/site/journal.csv \
    PYTHONPATH=/srv/journal WEB_WSGI=journal:application uwsgi --ini uwsgi.ini      (or any other server)

For an ASGI site, JOURNAL_ASGI=school_site.asgi:application takes the place of JOURNAL_WSGI.

A start without an end is a request that died with its worker. Gunicorn's workers tell of their own lives and deaths
when this file is also its configuration; a variable names the real one:

    JOURNAL_GUNICORN=gunicorn_sync.py gunicorn --config journal.py      (and the variables from above)

With JOURNAL_OWN=1, what that file says of addresses, accounts, logs and variables is left out.

With JOURNAL_LOOP=1, workers on gevent tell how long their event loop was blocked, and by which line of code. With
JOURNAL_TRACEBACKS=1, what a Django site raises is printed, whatever its LOGGING does with it. With JOURNAL_PATHS=1, the
start of a request has its method and path, without a query: who watches the site sees what the oldest one asks for.
With JOURNAL_NO_MAIL=1, a Django site's mail goes nowhere. With JOURNAL_REACHES=1, what the site reaches beside the
ports of JOURNAL_OWN_PORTS is told as settings: where Python's own sockets connect to, and what Django's settings name.

A line is a row of CSV, written at once to a file that any number of processes append to:

    kind,time_s,pid,thread,number,request_id,status,body_bytes,duration_s,detail

There is no header and no quoting: what a client may have chosen is percent-encoded. The kinds of lines:

    start, end      of a request; number counts the requests of its process; detail: closed early, raised ValueError;
                    of a start, what was asked for (JOURNAL_PATHS)
    process         before the first request of a process; detail is its parent's pid
    worker-forked, worker-ready, worker-int, worker-abort, worker-exit (number: requests it served)
    worker-reaped   by Gunicorn's arbiter; detail is "aborted" if it had given the worker up
    setting         what the server, or Django, runs with; detail: workers=5, debug=False
    blocked         the event loop was; duration_s is how late it came, and 0 where the watch begins
    blocked-by      seen while it lasts, and again if it lasts; detail is the file, line and function
"""

from __future__ import annotations

import _thread
import importlib
import itertools
import os
import re
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from types import FrameType, TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    AsgiApplication = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
    ExceptionInformation = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

LONGEST_TEXT = 128
"""Longer ids are cut; a line stays far below 4 kB, which any local file system takes in one piece."""
TICK_S = 0.01
BLOCKED_S = 0.03
"""Above what a busy but friendly loop is late, below the queries that are short and many."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:@+=/-]{1,128}").fullmatch
_MAIL = "django.core.mail.backends."
_STAYS = tuple(f"{_MAIL}{name}." for name in ("console", "dummy", "filebased", "locmem"))
"""Mail that does not leave the site."""
_OF_SERVICES = ("CELERY_BROKER_URL", "BROKER_URL", "SENTRY_DSN", "AWS_STORAGE_BUCKET_NAME")
"""Django's settings, each of something that a site reaches; a value may be secret."""
_MOST_REACHED = 30
_REACHING = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")
_WORKER_HOOKS = {
    "post_fork": "worker-forked",
    "post_worker_init": "worker-ready",
    "worker_int": "worker-int",
    "worker_abort": "worker-abort",
    "worker_exit": "worker-exit",
    "child_exit": "worker-reaped",
}
_NOT_TAKEN_OVER = frozenset(
    (
        *(
            "bind",
            "wsgi_app",
            "daemon",
            "pidfile",
            "user",
            "group",
            "umask",
            "initgroups",
            "chdir",
            "raw_env",
            "reload",
        ),
        *("certfile", "keyfile", "errorlog", "accesslog", "logconfig", "logconfig_dict", "logconfig_json", "syslog"),
    )
)
"""Of a file that was written for another place: where it listens, whose it is, where it logs, and variables."""
_CALLED_WITH_WORKER_ONLY = frozenset({"post_worker_init", "worker_int", "worker_abort"})


class Lines:
    """Appends lines to the journal, through a descriptor that each process opens for itself."""

    def __init__(self, path: str, on_process: Callable[[Lines], None] | None = None) -> None:
        self._path = path
        self._on_process = on_process
        self._lock = threading.Lock()
        self._pid = 0
        self._descriptor = -1
        # A journal that cannot be written ends the start of the server, where it is seen.
        os.close(self._opened())

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def pid(self) -> int:
        """Return the process's id; the first call in a process opens the journal for it."""
        pid = os.getpid()
        return pid if pid == self._pid else self._enter(pid)

    def _enter(self, pid: int) -> int:
        with self._lock:
            if pid != self._pid:
                try:
                    self._descriptor = self._opened()
                except OSError as error:
                    self._complain(error)
                self._pid = pid
                if self._on_process is not None:
                    self._on_process(self)
        return pid

    def write(self, line: str) -> None:
        """Write a line, newline included; a full disk costs the site its journal and nothing else."""
        try:
            os.write(self._descriptor, line.encode("ascii"))
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        sys.stderr.write(f"{self._path}: lines are lost: {error}\n")

    def event(
        self, kind: str, pid: int | None = None, number: int | str = "", duration_s: float | str = "", detail: str = ""
    ) -> None:
        """Write a line that is not of a request; pid is this process's unless given."""
        own_pid = self.pid()
        duration = duration_s if isinstance(duration_s, str) else f"{duration_s:.6f}"
        self.write(f"{kind},{time.time():.6f},{pid or own_pid},,{number},,,,{duration},{_encoded(detail)}\n")


def _encoded(text: str) -> str:
    """Return an id or a detail as one field, whatever is in it; what is long loses its end."""
    # The server has decoded a header as latin-1, so this gives the client's own bytes; a file's name may be anything.
    return quote(text[:LONGEST_TEXT].encode("latin-1", "replace"), safe="_.:@+=/- ()<>")


class Journal:
    """A WSGI application that writes down the requests of another one."""

    def __init__(self, app: WSGIApplication, lines: Lines) -> None:
        self._app = app
        self._lines = lines
        self._next_number = itertools.count(1).__next__
        self._tells_paths = os.environ.get("JOURNAL_PATHS") == "1"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, between a line before and a line after."""
        request_id = environ.get("HTTP_X_REQUEST_ID") or "-"
        if _PLAIN(request_id) is None:
            request_id = _encoded(request_id)
        pid = self._lines.pid()
        # Not "from _thread import": under gevent the name is replaced by one that tells greenlets apart.
        who = f"{pid},{_thread.get_ident()},{self._next_number()},{request_id}"
        request = _Request(self._lines, who, start_response, _asked_of(environ) if self._tells_paths else "")
        wrapper = environ.get("wsgi.file_wrapper")
        if wrapper is not None and not isinstance(wrapper, type):
            environ["wsgi.file_wrapper"] = _file_wrapper(wrapper)
        try:
            body = self._app(environ, request.start_response)
        except BaseException as error:
            request.end(f"raised {type(error).__name__}")
            raise
        return _delivered(request, body, wrapper)


class AsgiJournal:
    """An ASGI application that writes down the requests of another one."""

    def __init__(self, app: AsgiApplication, lines: Lines) -> None:
        self._app = app
        self._lines = lines
        self._next_number = itertools.count(1).__next__
        self._tells_paths = os.environ.get("JOURNAL_PATHS") == "1"

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, between a line before and a line after."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        pid = self._lines.pid()
        who = f"{pid},{_thread.get_ident()},{self._next_number()},{_id_of(scope)}"
        asked = _asked(scope["method"], scope["path"].encode().decode("latin-1")) if self._tells_paths else ""
        request = _Request(self._lines, who, None, asked)
        request.how = "closed early"

        async def watched(message: dict[str, Any]) -> None:
            await send(message)
            request.note(message)

        try:
            await self._app(scope, receive, watched)
        except BaseException as error:
            request.how = f"raised {type(error).__name__}"
            raise
        finally:
            request.end(request.how)


def _id_of(scope: dict[str, Any]) -> str:
    found = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"") or b"-"
    text = found.decode("latin-1")
    return text if _PLAIN(text) else _encoded(text)


def _asked_of(environ: WSGIEnvironment) -> str:
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    return _asked(environ.get("REQUEST_METHOD", ""), path)


def _asked(method: str, path: str) -> str:
    return _encoded(f"{method} {path}")


class _Request:
    """What becomes known of a request on its way."""

    __slots__ = ("_lines", "_server_start", "_server_write", "_started", "_status", "_who", "body_bytes", "how")

    def __init__(self, lines: Lines, who: str, server_start: StartResponse | None, asked: str) -> None:
        self._lines = lines
        self._who = who
        self._server_start = server_start
        self._status = ""
        self.body_bytes: int | str = 0
        """An empty text when the server sends a file by itself, and its length is not known here."""
        self.how = ""
        lines.write(f"start,{time.time():.6f},{who},,,,{asked}\n")
        self._started = time.perf_counter()

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExceptionInformation | None = None, /
    ) -> Callable[[bytes], object]:
        try:
            # A server may count the arguments: it gets as many as the application gave.
            given = (status, headers) if exc_info is None else (status, headers, exc_info)
            self._server_write = self._server_start(*given)  # type: ignore[misc] # WSGI gave one
        finally:
            exc_info = None  # it would be part of a reference cycle
        self._status = status
        return self._write

    def _write(self, data: bytes) -> object:
        if isinstance(self.body_bytes, int):
            self.body_bytes += len(data)
        return self._server_write(data)

    def note(self, message: dict[str, Any]) -> None:
        """Take down what an ASGI application has sent."""
        if message["type"] == "http.response.start":
            self._status = str(message["status"])
        elif message["type"] == "http.response.body":
            if isinstance(self.body_bytes, int):
                self.body_bytes += len(message.get("body", b""))
            self.how = self.how if message.get("more_body", False) else ""

    def end(self, how: str) -> None:
        if self._who:
            duration_s = time.perf_counter() - self._started
            code = self._status[:3] if self._status[:3].isdecimal() else ""
            self._lines.write(
                f"end,{time.time():.6f},{self._who},{code},{self.body_bytes},{duration_s:.6f},{_encoded(how)}\n"
            )
            self._who = ""


class _Body:
    """The application's iterable, watched."""

    __slots__ = ("_body", "_iterator", "_request")

    def __init__(self, request: _Request, body: Iterable[bytes]) -> None:
        self._request = request
        self._body = body
        self._iterator: Iterator[bytes] | None = None
        request.how = "closed early"

    def __iter__(self) -> _Body:
        if self._iterator is None:
            self._iterator = iter(self._body)
        return self

    def __next__(self) -> bytes:
        request = self._request
        try:
            chunk = next(self._iterator)  # type: ignore[arg-type] # __iter__ comes first
        except StopIteration:
            request.how = ""
            raise
        except BaseException as error:
            request.how = f"raised {type(error).__name__}"
            raise
        request.body_bytes += len(chunk)  # type: ignore[operator] # a number, for this is no file
        return chunk

    def close(self) -> None:
        request = self._request
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            request.how = f"raised {type(error).__name__}"
            raise
        finally:
            request.end(request.how)


class _SizedBody(_Body):
    """One whose number of chunks is known: of a single one, a server takes the Content-Length."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)  # type: ignore[arg-type] # it has a length, or another class is used


class _File:
    """A file the server is to send by itself (uWSGI); it is told apart by identity, so it is wrapped before."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.request: _Request | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._file)

    def close(self) -> None:
        _close_file(getattr(self._file, "close", None), self.request)


def _file_wrapper(server_wrapper: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(file: Any, *block_size: int) -> Any:
        return server_wrapper(_File(file), *block_size)

    return wrapped


def _close_file(close: Callable[[], object] | None, request: _Request | None) -> None:
    how = ""
    try:
        if close is not None:
            close()
    except BaseException as error:
        how = f"raised {type(error).__name__}"
        raise
    finally:
        if request is not None:
            request.end(how)


def _delivered(request: _Request, body: Any, wrapper: Any) -> Iterable[bytes]:
    """Return what the server gets: the body watched, or the body itself where the server looks at what it is."""
    if isinstance(body, _File):
        request.body_bytes = ""
        body.request = request
    elif isinstance(wrapper, type) and isinstance(body, wrapper):
        request.body_bytes = ""
        close = getattr(body, "close", None)
        body.close = lambda: _close_file(close, request)  # type: ignore[attr-defined] # all known ones are open classes
    elif isinstance(body, bytes) or not hasattr(body, "__iter__"):
        # Against the rules, but some servers know what to do with it.
        request.end("")
    else:
        return _SizedBody(request, body) if hasattr(body, "__len__") else _Body(request, body)
    delivered: Iterable[bytes] = body
    return delivered


class Reached:
    """Keeps in mind what the site's sockets connect or send to, and tells each place once; an audit hook."""

    def __init__(self, own_ports: str) -> None:
        self._own = {port for port in own_ports.split(",") if port}
        self._places: dict[str, None] = {}
        self._lines: Lines | None = None

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note a place; whatever it is, nothing is kept from the site."""
        if event not in _REACHING:
            return
        try:
            place = self._place(arguments[:2] if event == "socket.getaddrinfo" else arguments[1])
        except (TypeError, ValueError, IndexError):
            return
        if place and place not in self._places and len(self._places) <= _MOST_REACHED:
            place = place if len(self._places) < _MOST_REACHED else "more"
            self._places[place] = None
            if self._lines is not None:
                self._tell(self._lines, place)

    def _place(self, address: Any) -> str:
        """Return an address as text; nothing of one that is the run's own, or of no network."""
        if isinstance(address, (str, bytes)):
            return os.fsdecode(address)
        if not isinstance(address, tuple) or not isinstance(address[0], (str, bytes)):
            return ""
        host, port = os.fsdecode(address[0]), address[1]
        is_here = host.startswith("127.") or host in ("localhost", "::1")
        place = f"{host}{'' if port is None else f':{port}'}"
        is_own = place in self._own or (is_here and str(port) in self._own)
        return "" if not host or is_own else place

    def tell_to(self, lines: Lines) -> None:
        """Tell what was reached so far, and from now on at once: a process has its journal with its first request."""
        self._lines = lines
        for place in list(self._places):
            self._tell(lines, place)

    def _tell(self, lines: Lines, place: str) -> None:
        _tell_settings(lines, **{f"reaches {place}": "tried"})


def load(target: str) -> Any:
    """Return the application that `module:callable` names, or that `module:factory()` makes."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in (name.replace("()", "") or "application").split("."):
        found = getattr(found, part)
    return found() if name.endswith("()") else found


def gunicorn_settings(file: str, lines: Lines) -> dict[str, Any]:
    """Return the settings of a Gunicorn configuration file, with hooks that write lines and then call its own ones."""
    settings: dict[str, Any] = {"__name__": "__config__", "__file__": file}
    is_own = os.environ.get("JOURNAL_OWN") == "1"
    # A command reads its file where there is one.
    if not is_own or Path(file).exists():
        # The file is code, as every configuration of Gunicorn is; this is what Gunicorn would do with it.
        exec(compile(Path(file).read_bytes(), file, "exec"), settings)  # noqa: S102 # see above
    if is_own:
        settings = {name: value for name, value in settings.items() if name not in _NOT_TAKEN_OVER}
        settings["control_socket_disable"] = True
    for hook, kind in _WORKER_HOOKS.items():
        settings[hook] = _hook(hook, kind, lines, settings.get(hook))
    settings["when_ready"] = _when_ready(lines, settings.get("when_ready"))
    return {name: value for name, value in settings.items() if not name.startswith("_")}


def _hook(hook: str, kind: str, lines: Lines, own: Callable[..., object] | None) -> Callable[..., None]:
    def tell(*arguments: Any) -> None:
        worker = arguments[-1]
        number = worker.nr if kind == "worker-exit" else ""
        detail = "aborted" if kind == "worker-reaped" and worker.aborted else ""
        lines.event(kind, pid=worker.pid, number=number, detail=detail)
        if own is not None:
            own(*arguments)

    # Gunicorn counts the arguments.
    def with_worker(worker: Any) -> None:
        tell(worker)

    def with_both(server: Any, worker: Any) -> None:
        tell(server, worker)

    return with_worker if hook in _CALLED_WITH_WORKER_ONLY else with_both


def _when_ready(lines: Lines, own: Callable[..., object] | None) -> Callable[..., None]:
    def when_ready(server: Any) -> None:
        found = server.cfg
        _tell_settings(
            lines,
            workers=found.workers,
            threads=found.threads,
            greenlets=found.worker_connections,
            listen=found.backlog,
            model=found.worker_class_str,
        )
        if own is not None:
            own(server)

    return when_ready


def _tell_settings(lines: Lines, **settings: Any) -> None:
    for name, value in settings.items():
        lines.event("setting", detail=f"{name}={value}")


def _tell_uwsgi(lines: Lines) -> None:
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None or not hasattr(uwsgi, "numproc"):
        return
    options = {name if isinstance(name, str) else name.decode("latin-1"): value for name, value in uwsgi.opt.items()}
    has_gevent = "gevent" in options
    model = "async" if has_gevent else "threaded" if uwsgi.cores > 1 else "preforking"
    _tell_settings(
        lines,
        workers=uwsgi.numproc,
        threads=1 if has_gevent else uwsgi.cores,
        greenlets=uwsgi.cores,
        listen=_last(options.get("listen", b"100")),
        model=model,
    )


def _last(value: Any) -> str:
    # Of an option that is given several times, uWSGI has a list, and goes by the last one.
    last = value[-1] if isinstance(value, (list, tuple)) else value
    return last.decode("latin-1") if isinstance(last, bytes) else str(last)


def _tell_django(lines: Lines) -> None:
    conf = sys.modules.get("django.conf")
    if conf is None or not conf.settings.configured:
        return
    try:
        default = conf.settings.DATABASES.get("default") or {}
        engine = default.get("ENGINE", "")
        backend = importlib.import_module(f"{engine}.base") if engine else None
    except Exception as error:  # noqa: BLE001 # what is wrong with the settings, the site itself will tell
        _tell_settings(lines, unreadable=type(error).__name__)
        return
    driver = getattr(getattr(backend, "Database", None), "__name__", "")
    _tell_settings(lines, debug=conf.settings.DEBUG, engine=engine, driver=driver)


def _stop_mail(lines: Lines) -> None:
    conf = sys.modules.get("django.conf")
    if os.environ.get("JOURNAL_NO_MAIL") != "1" or conf is None or not conf.settings.configured:
        return
    backend = str(getattr(conf.settings, "EMAIL_BACKEND", ""))
    if backend and not backend.startswith(_STAYS):
        conf.settings.EMAIL_BACKEND = f"{_MAIL}dummy.EmailBackend"
        _tell_settings(lines, mail=f"stopped {backend}")


def _tell_services(lines: Lines) -> None:
    """Tell what Django's settings have the site reach beside its database."""
    conf = sys.modules.get("django.conf")
    if conf is None or not conf.settings.configured:
        return
    for name in _OF_SERVICES:
        if getattr(conf.settings, name, None):
            _tell_settings(lines, **{f"reaches {name}": "in the settings"})
    for alias, one in (getattr(conf.settings, "CACHES", None) or {}).items():
        backend = str(one.get("BACKEND"))
        if any(word in backend.lower() for word in ("redis", "memcached")):
            _tell_settings(lines, **{f"reaches CACHES.{alias}": backend.rpartition(".")[2]})


def _on_first_request(lines: Lines) -> None:
    lines.write(f"process,{time.time():.6f},{os.getpid()},,,,,,,{os.getppid()}\n")
    _tell_uwsgi(lines)
    _tell_django(lines)
    _stop_mail(lines)
    if os.environ.get("JOURNAL_REACHES") == "1":
        _tell_services(lines)
        REACHED.tell_to(lines)
    signals = sys.modules.get("django.core.signals")
    if os.environ.get("JOURNAL_TRACEBACKS") == "1" and signals is not None:
        signals.got_request_exception.connect(_print_traceback, weak=False)
    monkey = sys.modules.get("gevent.monkey")
    if os.environ.get("JOURNAL_LOOP") == "1" and monkey is not None and monkey.is_module_patched("socket"):
        _watch_loop(lines)


def _print_traceback(**_: object) -> None:
    import traceback  # noqa: PLC0415 # only where it is wanted

    traceback.print_exc()


def _watch_loop(lines: Lines) -> None:
    """Tell when greenlets had to wait for one that did not let go."""
    import gevent.events  # noqa: PLC0415 # only where it is the server's already

    def on_event(event: object) -> None:
        if isinstance(event, gevent.events.EventLoopBlocked):
            thread = event.hub.thread_ident if event.hub else 0
            frame = sys._current_frames().get(thread)  # noqa: SLF001 # the only way to look at another thread
            if frame is not None:
                lines.event("blocked-by", duration_s=event.blocking_time, detail=_place(frame))

    def tick() -> None:
        while True:
            due = time.monotonic() + TICK_S
            gevent.sleep(TICK_S)
            late_s = time.monotonic() - due
            if late_s > BLOCKED_S:
                lines.event("blocked", duration_s=late_s)

    # So that a journal without stops is told from one whose loop nobody watched.
    lines.event("blocked", duration_s=0.0)
    gevent.config.monitor_thread = True
    gevent.config.max_blocking_time = BLOCKED_S
    gevent.config.print_blocking_reports = False
    gevent.events.subscribers.append(on_event)
    gevent.get_hub().start_periodic_monitoring_thread()
    gevent.spawn(tick)


def _place(innermost: FrameType) -> str:
    """Return the innermost line of code that is the site's own, or at least the innermost one."""
    frame: FrameType | None = innermost
    while frame is not None and _is_foreign(frame.f_code.co_filename):
        frame = frame.f_back
    found = frame or innermost
    name = found.f_code.co_name
    # A long path loses its beginning, not its line number.
    return f"{found.f_code.co_filename}:{found.f_lineno} {name}"[-LONGEST_TEXT:]


def _is_foreign(file: str) -> bool:
    installed = "/site-packages/" in file or "/dist-packages/" in file
    return installed or file.startswith((sysconfig.get_path("stdlib"), "<frozen")) or file == __file__


REACHED = Reached(os.environ.get("JOURNAL_OWN_PORTS", ""))
if os.environ.get("JOURNAL_REACHES") == "1" and __name__ != "__config__":
    sys.addaudithook(REACHED.hook)
if __name__ == "__config__":
    globals().update(gunicorn_settings(os.environ["JOURNAL_GUNICORN"], Lines(os.environ["JOURNAL_FILE"])))
elif "JOURNAL_WSGI" in os.environ:
    application: Journal | AsgiJournal = Journal(
        load(os.environ["JOURNAL_WSGI"]), Lines(os.environ["JOURNAL_FILE"], _on_first_request)
    )
elif "JOURNAL_ASGI" in os.environ:
    application = AsgiJournal(load(os.environ["JOURNAL_ASGI"]), Lines(os.environ["JOURNAL_FILE"], _on_first_request))
