"""The command that looks at a server which runs on this machine, from outside, until Ctrl-C."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
from rich.live import Live
from rich.text import Text

from badgateway.cli.entry import PATH, cli
from badgateway.cli.terminal import echo, shown
from badgateway.errors import ConfigurationError
from badgateway.model.live_server import LiveServer
from badgateway.probe.listeners import bound_as, holder_of, main_pid
from badgateway.probe.server_watch import ServerWatch, where_it_listens
from badgateway.probe.watch import Listener
from badgateway.report.live_server.open_metrics import CONTENT_TYPE, render_open_metrics
from badgateway.report.live_server.text import Most, line, screen, summary
from badgateway.servers.registry import servers
from badgateway.servers.server import Server
from badgateway.study.journal_watch import JournalWatch
from badgateway.study.log_watch import LogWatch

_LINE_S = 10.0
"""How often a pipe gets a line."""


@cli.command()
@click.argument("socket", required=False)
@click.option("--pid", type=click.IntRange(1), metavar="N", help="The server's first process.")
@click.option("--unit", metavar="NAME", help="A unit of systemd.")
@click.option("--stats", type=PATH, metavar="SOCKET", help="The server's own statistics, where it has some.")
@click.option("--journal", type=PATH, metavar="FILE", help="The journal of a site with servers/journal.py before it.")
@click.option(
    "--log",
    "logs",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A log to tell causes of failures from; repeatable.",
)
@click.option(
    "--openmetrics", "port", type=click.IntRange(1, 65_535), metavar="PORT", help="Serve Prometheus on 127.0.0.1."
)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(0.2, 60),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks.",
)
@click.option("--json-lines", "as_json", is_flag=True, help="Print an object for each look.")
def watch(  # noqa: PLR0913 # one parameter per option
    *,
    socket: str | None,
    pid: int | None,
    unit: str | None,
    stats: Path | None,
    journal: Path | None,
    logs: tuple[Path, ...],
    port: int | None,
    every_s: float,
    as_json: bool,
) -> None:
    """Look at a server that runs here, from outside: accept queue, workers, requests in flight. Nothing is changed.

    SOCKET is where it listens, the path of a unix socket or a port; or name it by --pid or --unit. Any server will do.
    What is seen: the accept queue and its limit, dropped TCP connections, each worker with CPU and memory, workers that
    end; with --stats busy workers and the oldest request; with --journal requests in flight, those that died with their
    worker, and for how long event loops stood still; with --log the causes of failures, as badgateway explain has them.

    What other users own can be seen by root alone. Ctrl-C ends with a summary and exit status 0.

    \b
    Examples:
      badgateway watch /run/site/web.sock
      badgateway watch 8000 --stats /run/site/stats.sock --log /var/log/nginx/access.log --log /var/log/nginx/error.log
      badgateway watch --unit site.service --openmetrics 9110 > /dev/null
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    first, found = _target(socket, pid, unit)
    # Where it tells its statistics it takes no requests.
    of_statistics = bound_as(stats) if stats else None
    listeners = tuple(one for one in found if one != of_statistics)
    told = next((one for one in servers() if one.statistics is not None), None) if stats else None
    with (
        closing(JournalWatch(journal)) if journal else nullcontext() as book,
        closing(LogWatch(logs)) if logs else nullcontext() as failed,
        closing(_watched(first, listeners, told, stats, book, failed)) as seen,
        _served(port) as publish,
    ):
        _go_on(seen, failed, every_s, publish, as_json=as_json)


def _watched(  # noqa: PLR0917 # whom, and by what
    first: int,
    listeners: tuple[Listener, ...],
    told: Server | None,
    stats: Path | None,
    book: JournalWatch | None,
    failed: LogWatch | None,
) -> ServerWatch:
    return ServerWatch(
        first,
        listeners,
        told,
        stats,
        requests=book.look if book else lambda: None,
        failures=failed.look if failed else lambda: None,
        notes=(lambda: failed.notes) if failed else tuple,
    )


def _target(socket: str | None, pid: int | None, unit: str | None) -> tuple[int, tuple[Listener, ...]]:
    if sum(one is not None for one in (socket, pid, unit)) != 1:
        raise click.UsageError("Name one server: by its SOCKET, by --pid or by --unit.")
    if socket is not None:
        port = socket.rpartition(":")[2]
        listener: Listener = int(port) if port.isdecimal() else bound_as(Path(socket))
        return holder_of(listener), (listener,)
    first = pid if pid is not None else main_pid(unit or "")
    if not Path(f"/proc/{first}").exists():
        raise ConfigurationError(f"--pid {first}: no such process; name the server's first one")
    listeners = where_it_listens(first)
    if not listeners:
        raise ConfigurationError(
            f"pid {first}: it is not seen to listen anywhere; watch as root or as its user, in its container if it has "
            "one, or name its socket"
        )
    return first, listeners


class _Published:
    """The last look, as whoever asks gets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page = b""

    def put(self, seen: LiveServer) -> None:
        page = render_open_metrics(seen).encode()
        with self._lock:
            self._page = page

    def page(self) -> bytes:
        with self._lock:
            return self._page


@contextmanager
def _served(port: int | None) -> Iterator[_Published]:
    """Serve the last look on loopback, if a port is given, until the block ends."""
    published = _Published()
    if port is None:
        yield published
        return
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(published))
    except OSError as error:
        raise ConfigurationError(f"--openmetrics {port}: {error.strerror}; name a free port") from error
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True).start()
        try:
            yield published
        finally:
            server.shutdown()


def _handler(published: _Published) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as http.server calls it
            page = published.page()
            self.send_response(200 if self.path in {"/", "/metrics"} and page else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.end_headers()
            if self.path in {"/", "/metrics"}:
                self.wfile.write(page)

        def log_message(self, *_given: object) -> None:
            """Say nothing: who asks every few seconds is no news."""

    return Handler


def _go_on(
    watched: ServerWatch, failed: LogWatch | None, every_s: float, publish: _Published, *, as_json: bool
) -> None:
    most, seen = Most(), watched.look()
    with _display(as_json=as_json) as show, suppress(KeyboardInterrupt):
        while True:
            most = most.with_look(seen)
            publish.put(seen)
            show(seen, most)
            if not seen.is_up:
                break
            time.sleep(every_s)
            seen = watched.look()
    with suppress(KeyboardInterrupt):
        seen = replace(seen, failures=failed.last()) if failed else seen
    for each in summary(seen, most):
        echo(each, err=as_json)


@contextmanager
def _display(*, as_json: bool) -> Iterator[Callable[[LiveServer, Most], None]]:
    """Give what shows a look: a screen that changes on a terminal, a line now and then elsewhere, an object each."""
    if as_json:
        yield lambda seen, _most: _print(json.dumps(asdict(seen)))
    elif sys.stdout.isatty():
        with Live(auto_refresh=False, transient=True) as live:
            yield lambda seen, most: live.update(_drawn(seen, most), refresh=True)
    else:
        yield _now_and_then()


def _drawn(seen: LiveServer, most: Most) -> Text:
    return Text("\n").join([*(shown(Text(each)) for each in screen(seen, most)), Text("Ctrl-C ends", style="dim")])


def _now_and_then() -> Callable[[LiveServer, Most], None]:
    told_s = -_LINE_S

    def show(seen: LiveServer, _most: Most) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _LINE_S:
            told_s = time.monotonic()
            _print(line(seen))

    return show


def _print(text: str) -> None:
    echo(text)
    # What is watched is read as it comes, by a pipe too.
    sys.stdout.flush()
