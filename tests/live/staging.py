"""A site that already runs, for the tests of attaching to one: nginx with TLS before Gunicorn, started by the test."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.process.ports import free_port
from tests.load.certificates import make_certificate

AHEAD_S = 2.5
APP = """
import time

def application(environ, start_response):
    path = environ["PATH_INFO"]
    time.sleep(0.2 if path == "/slow" else 0)
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"hello " + path.encode()
    start_response("404 Not Found" if path == "/lost" else "200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
NGINX = """
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    log_format timed escape=json '{{"time":"$msec","request_id":"$http_x_request_id","method":"$request_method",'
        '"uri":"$request_uri","status":$status,"body_bytes":$body_bytes_sent,"request_time":$request_time,'
        '"connection":$connection}}';
    access_log {folder}/access.log;
    access_log {folder}/timed.jsonl timed;
    client_body_temp_path {folder}/tmp-body;
    proxy_temp_path {folder}/tmp-proxy;
    fastcgi_temp_path {folder}/tmp-fastcgi;
    uwsgi_temp_path {folder}/tmp-uwsgi;
    scgi_temp_path {folder}/tmp-scgi;
    server {{
        listen {address}:{port} ssl;
        ssl_certificate {folder}/site.pem;
        ssl_certificate_key {folder}/site.key;
        location / {{ proxy_pass http://unix:{folder}/web.sock; }}
    }}
}}
"""
SHIFT = """
import re, sys
from datetime import datetime, timedelta

def later(found):
    return '"time":"%.3f"' % (float(found[1]) + AHEAD_S)

STAMP = "%Y/%m/%d %H:%M:%S"

def stamp(found):
    return (datetime.strptime(found[0], STAMP) + timedelta(seconds=int(AHEAD_S))).strftime(STAMP)

for line in open(sys.argv[1]):
    print(re.sub(r"^[0-9/]{10} [0-9:]{8}", stamp, re.sub(r'"time":"([0-9.]+)"', later, line)), end="")
""".replace("AHEAD_S", str(AHEAD_S))
"""Prints a log as of a machine whose clock is ahead."""
USERS = """
from locust import HttpUser, constant, task
from badgateway.load.recorder import RecordedUser, between

class Plain(HttpUser):
    wait_time = constant(0.02)

    @task
    def home(self):
        self.client.get("/")

class Seeded(RecordedUser):
    wait_time = between(0.01, 0.05)

    @task
    def slow(self):
        self.fetch("GET", "/slow", name="GET /slow")

    @task
    def head(self):
        self.fetch("HEAD", "/", name="HEAD /")
"""
EXPERIMENT = """
name = "staging"
question = "How does the staging site bear it?"
[load]
locustfile = "load.py"
users = [{users}]
warm_up_s = 0
window_s = {window_s}
[objective]
max_failure_share = 0.01
p95_ms = 1000
[machine]
max_steal_share = 1
max_outside_share = 1
[target]
url = "{url}"
i_may_load = "{host}"
ca_file = "site.pem"
stop_at_failure_share = {stop_at}
logs = {logs}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """The site, and the folder that its logs and the experiment are in."""

    folder: Path
    host: str

    def write(self, *, users: int = 6, window_s: float = 2, stop_at: float = 1, logs: str | None = None) -> None:
        """Write the experiment and its Locust file."""
        shifted = ", ".join(
            f'{{command = ["{sys.executable}", "shift.py", "{name}"]}}' for name in ("timed.jsonl", "error.log")
        )
        text = EXPERIMENT.format(
            users=users,
            window_s=window_s,
            url=f"https://{self.host}",
            host=self.host,
            stop_at=stop_at,
            logs=logs or f"[{shifted}]",
        )
        (self.folder / "badgateway.toml").write_text(text)


@contextmanager
def staging(
    folder: Path, *, address: str = "127.0.0.1", workers: int = 1, backlog: int = 64, prefix: Sequence[str] = ()
) -> Iterator[Staging]:
    """Have the site until the block ends.

    Args:
        folder: Empty, or that of an earlier start, whose address it has then.
        address: That nginx listens at.
        workers: Of Gunicorn, each with one request at a time.
        backlog: Of its socket.
        prefix: Of the commands, such as those that put them into a network.
    """
    kept = folder / "port"
    port = kept.read_text() if kept.exists() else str(free_port())
    kept.write_text(port)
    host = f"{address}:{port}"
    user = "user root;\n" if os.geteuid() == 0 else ""
    if not (folder / "site.pem").exists():
        make_certificate(folder, address.strip("[]"))
    (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, address=address, port=port))
    for name, text in (("app.py", APP), ("load.py", USERS), ("shift.py", SHIFT)):
        (folder / name).write_text(text)
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{folder}/web.sock", "--backlog", str(backlog)]
    more = ["--workers", str(workers), "--no-control-socket", "--log-file", "server.log", "app"]
    nginx = ["nginx", "-e", "stderr", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    started = [subprocess.Popen([*prefix, *argv], cwd=folder, env=environment) for argv in ([*gunicorn, *more], nginx)]
    try:
        _await(folder / "web.sock", folder / "nginx.pid")
        yield Staging(folder=folder, host=host)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(10)
        for left in ("web.sock", "nginx.pid"):
            (folder / left).unlink(missing_ok=True)


def _await(*paths: Path) -> None:
    deadline = time.monotonic() + 20
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline, paths
        time.sleep(0.02)
