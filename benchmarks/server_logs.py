"""Measures `badgateway explain` on large logs of other kinds than nginx's own: Gunicorn, a load balancer's, JSON.

Each is read as a file and, piece by piece, from standard input; of both the room that it takes on the disk is told.

In the project's root: `python benchmarks/server_logs.py --lines 1000000`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Self

import click

_EXPLAIN = (sys.executable, "-c", "from badgateway.cli import main; main()", "explain", "--format", "json")
_REQUESTS_PER_SECOND = 317
_START = datetime(2026, 11, 21, 6, tzinfo=UTC)
_FAILED, _DIED = 0.01, 0.0005
_PATHS = (*(f"/members/{number}/" for number in range(500)), "/members/export/?format=xlsx&token=s3cr3t")
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    number: int
    ended: datetime
    path: str
    status: int
    worker_died: bool


def _requests(lines: int, seed: int) -> Iterator[_Request]:
    rng = random.Random(seed)  # noqa: S311 # nothing secret is made of it
    for number in range(lines):
        yield _Request(
            number=number,
            ended=_START + timedelta(seconds=number / _REQUESTS_PER_SECOND),
            path=rng.choice(_PATHS),
            status=rng.choice((500, 502, 504)) if rng.random() < _FAILED else 200,
            worker_died=rng.random() < _DIED,
        )


def _gunicorn(request: _Request) -> str:
    own = f"[{request.ended:%Y-%m-%d %H:%M:%S} +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:{8 + request.number % 12})\n"
    return (
        f"10.0.{request.number % 200}.7 - - [{request.ended:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET {request.path} HTTP/1.0" {min(request.status, 500)} 2077 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n'
    ) + (own if request.worker_died else "")


def _alb(request: _Request) -> str:
    stamp = f"{request.ended:%Y-%m-%dT%H:%M:%S.%f}Z"
    target = "-" if request.status == 502 else request.status
    return (
        f"https {stamp} app/web/50dc6c495c 203.0.113.{request.number % 250}:51234 10.0.3.9:8000 0.001 0.020 0.000 "
        f'{request.status} {target} 183 2077 "GET https://a.example.org:443{request.path} HTTP/1.1" '
        '"Mozilla/5.0 (X11)" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup '
        f'"Root=1-58337281-{request.number:024x}" "a.example.org" "arn:aws:acm:x" 0 {stamp} "forward" "-" "-" '
        f'"10.0.3.9:8000" "{target}" "-" "-" TID_1\n'
    )


def _json(request: _Request) -> str:
    fields = {
        "time_s": round(request.ended.timestamp(), 3),
        "request_id": f"{request.number:032x}",
        "connection": request.number // 3,
        "method": "GET",
        "uri": request.path,
        "status": request.status,
        "body_bytes": 2077,
        "request_time_s": 0.02,
        "upstream_addr": "unix:/run/site.sock",
        "upstream_status": str(request.status),
        "upstream_connect_time_s": "0.000",
        "upstream_header_time_s": "0.020",
        "upstream_response_time_s": "0.020",
    }
    return json.dumps(fields, separators=(",", ":")) + "\n"


def _nginx_error(request: _Request) -> str:
    # Of a bad hour: most of its lines are failures.
    stamp, number = f"{request.ended:%Y/%m/%d %H:%M:%S}", request.number
    where = (
        f'client: 10.0.{number % 200}.7, server: _, request: "GET {request.path} HTTP/1.1", upstream: '
        f'"uwsgi://unix:/run/web.sock:", host: "a.example.org"\n'
    )
    if number % 20 < 17:
        return (
            f"{stamp} [error] 25120#25120: *{number} connect() to unix:/run/web.sock failed "
            f"(11: Resource temporarily unavailable) while connecting to upstream, {where}"
        )
    return (
        f"{stamp} [warn] 25120#25120: *{number} an upstream response is buffered to a temporary file "
        f"/var/lib/nginx/uwsgi/{number % 10}/00/{number:010d} while reading upstream, {where}"
    )


def _uwsgi(request: _Request) -> str:
    number, status = request.number, request.status
    return (
        f"[pid: {8 + number % 12}|app: 0|req: {number // 12}/{number}] 10.0.{number % 200}.7 () "
        f"{{40 vars in 612 bytes}} [{request.ended:%a %b %d %H:%M:%S %Y}] GET {request.path} => generated 2077 bytes "
        f"in {20 + number % 300} msecs (HTTP/1.1 {status}) 5 headers in 167 bytes (1 switches on core 0)\n"
    )


KINDS: dict[str, Callable[[_Request], str]] = {
    "Gunicorn": _gunicorn,
    "ALB": _alb,
    "JSON": _json,
    "error": _nginx_error,
    "uWSGI": _uwsgi,
}


def write_log(kind: str, path: Path, lines: int, seed: int) -> None:
    """Write a log of so many requests; the same for the same seed."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        if kind == "Gunicorn":
            file.write("[2026-11-21 06:00:00 +0000] [8] [INFO] Booting worker with pid: 8\n")
        file.writelines(map(KINDS[kind], _requests(lines, seed)))


class _Disk:
    """Watches how much room the files of a folder take."""

    def __init__(self, folder: Path) -> None:
        self.peak_bytes = 0
        self._folder = folder
        self._is_over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(_size, self._folder.rglob("*"))))


def _size(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _measure(kind: str, log: Path, folder: Path, *, streamed: bool) -> None:
    folder.mkdir(exist_ok=True)
    started_s = time.perf_counter()
    with _Disk(folder) as disk, (folder / "answer.json").open("wb") as answer:
        cpu_s, peak_mib = (_explained_from_a_pipe if streamed else _explained)(log, folder, answer)
    seconds = time.perf_counter() - started_s
    found = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    click.echo(
        f"{kind:<8}  {'streamed' if streamed else 'file':<8}  {seconds:6.2f} s, {cpu_s:.2f} s of CPU, peak "
        f"{peak_mib:,.0f} MiB, on the disk {disk.peak_bytes / 1e6:.2f} MB: {found['requests']:,} requests, "
        f"{found['failures']:,} failures"
    )


def _explained(log: Path, folder: Path, answer: BinaryIO) -> tuple[float, float]:
    with subprocess.Popen([*_EXPLAIN, str(log)], stdout=answer, env={**os.environ, "TMPDIR": str(folder)}) as child:
        return _ended(child)


def _explained_from_a_pipe(log: Path, folder: Path, answer: BinaryIO) -> tuple[float, float]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (
        subprocess.Popen(["cat", str(log)], stdout=subprocess.PIPE) as source,
        subprocess.Popen([*_EXPLAIN, "-"], stdin=source.stdout, stdout=answer, env=environment) as child,
    ):
        return _ended(child)


def _ended(child: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Wait for a process; return seconds of CPU, and MiB of memory at its peak."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise click.ClickException(f"explain ended with status {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@click.command()
@click.option("--lines", default=1_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(lines: int, seed: int) -> None:
    """Write a log of each kind to a temporary folder, and have it read."""
    with tempfile.TemporaryDirectory(prefix="badgateway-benchmark-") as folder:
        for kind in KINDS:
            log = Path(folder) / "a.log"
            write_log(kind, log, lines, seed)
            click.echo(f"{kind}: {lines:,} requests, {log.stat().st_size / 1e6:,.0f} MB, {os.cpu_count()} cores")
            for streamed in (False, True):
                _measure(kind, log, Path(folder) / "tmp", streamed=streamed)


if __name__ == "__main__":
    main()
