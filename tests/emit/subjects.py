"""What is deployed in the tests: configurations of the committed reports, with the server files of the repository."""

import json
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from badgateway.emit.document import Document, read_document
from badgateway.emit.subject import Subject, subject, subject_of

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
EVERY_KIND = (
    "uwsgi-16",
    "uwsgi-gevent",
    "uwsgi-production",
    "uwsgi-2-tcp",
    "gunicorn-sync",
    "gunicorn-gthread",
    "gunicorn-gthread-balanced",
    "gunicorn-gthread-pool",
    "gunicorn-gevent",
    "gunicorn-asgi",
    "granian",
    "uvicorn",
)
"""Of the run of the 502 ladder: each server with each of its worker models, and each way of reaching it."""


@cache
def report(name: str) -> bytes:
    return (REFERENCE / name / "report.json").read_bytes()


def document(name: str = "concurrency", **changes: Any) -> Document:
    """Return a committed report, with top-level keys replaced."""
    if not changes:
        return _whole(name)
    return read_document(json.dumps({**json.loads(report(name)), **changes}).encode(), PurePosixPath("report.json"))


@cache
def _whole(name: str) -> Document:
    return read_document(report(name), PurePosixPath(f"results/reference/{name}/report.json"))


def chosen(name: str | None = None, run: str = "concurrency", *, text: str | None = None, **changes: Any) -> Subject:
    """Return a configuration of a committed report; without a name, its pick."""
    of = document(run, **changes)
    one, configuration = subject_of(of, name, source="report.json")
    return subject(of, one, text or (ROOT / configuration.server).read_text(), source="report.json")
