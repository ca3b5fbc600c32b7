"""Renders the catalogue as pages: python -m badgateway.causes.pages docs/causes."""

import sys
from collections.abc import Iterable
from pathlib import Path

from badgateway.causes.catalogue import BY_ID, CAUSES, RULES
from badgateway.model.diagnosis import Cause, Certainty
from badgateway.servers.advice import advice_for, any_server

COMMAND = "python -m badgateway.causes.pages docs/causes"

_MADE = f"<!-- Made from badgateway/causes by `{COMMAND}`; change it there. -->"

_MEANING = {
    Certainty.PROVEN: "proven: a line or a number of this very request or moment says so",
    Certainty.FAMILY: "a family: several causes fit, and these logs cannot tell them apart",
}

_INTRODUCTION = """\
# Causes

Why requests fail behind nginx or a load balancer, how to recognise each cause, and what to change.

The tables below are read from the top: find what the client got, then the line or the number that you see. The first
row that fits is the cause. A status alone never names one.
"""

_DECISIONS: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (
        "502 (and 500) and nginx's error log",
        (
            (
                "`(11: Resource temporarily unavailable) while connecting`, no worker was there",
                ("respawn-throttled", "reload-gap", "workers-recycled-together"),
            ),
            ("`(11: Resource temporarily unavailable) while connecting`", ("listen-queue-full",)),
            (
                "`(111: Connection refused)` or `(2: No such file or directory) while connecting`",
                ("server-ended-with-a-worker", "worker-crash-loop", "nothing-listening"),
            ),
            ("`(13: Permission denied) while connecting`", ("socket-forbidden",)),
            ("`(99: Cannot assign requested address) while connecting`", ("ephemeral-ports-exhausted",)),
            (
                "500 and `worker_connections are not enough` or `(24: Too many open files)`",
                ("proxy-out-of-connections",),
            ),
            ("500 and `(28: No space left on device)`", ("proxy-disk-full",)),
            ("500 and, at level crit, `open()` or `mkdir()` failed", ("proxy-temp-forbidden",)),
            ("500 and `redirection cycle`", ("redirection-cycle",)),
            ("500 and `auth request unexpected status`", ("auth-request-failed",)),
            ("`while SSL handshaking to upstream`", ("upstream-tls-failed",)),
            ("`could not be resolved` or `no resolver defined`", ("upstream-name-unresolved",)),
            ("`(104: Connection reset by peer) while connecting`", ("connect-reset",)),
            ("`upstream rejected request with error`", ("upstream-rejected-request",)),
            ("`no live upstreams while connecting`", ("no-live-upstreams",)),
            ("`upstream sent too big header`", ("response-header-too-big",)),
            ("`upstream sent no valid HTTP/1.0 header`", ("protocol-mismatch",)),
            ("`upstream sent invalid header`", ("invalid-response-header",)),
            (
                "closed or reset, and uWSGI: `invalid request block size`",
                ("protocol-mismatch", "request-header-too-big"),
            ),
            ("closed or reset, and uWSGI: `HARAKIRI`", ("harakiri", "harakiri-collateral")),
            ("closed or reset, and Gunicorn: `WORKER TIMEOUT`, then `SIGKILL`", ("gunicorn-timeout-blocked-in-c",)),
            ("closed or reset, and Gunicorn: `WORKER TIMEOUT`", ("gunicorn-timeout-502",)),
            (
                "closed or reset, and a worker that was leaving was cut off",
                ("graceful-timeout-cut", "worker-mercy-expired", "memory-reload"),
            ),
            ("closed or reset, and a worker died", ("worker-killed", "worker-crashed", "worker-lost")),
            ("closed or reset, and a traceback", ("late-monkey-patch", "exception-outside-django")),
            ("closed or reset, `$upstream_connect_time` 0.000, never started in the application", ("keepalive-race",)),
        ),
    ),
    (
        "504 and nginx's error log",
        (
            (
                "`(110: Connection timed out) while connecting`, no worker was there",
                ("respawn-throttled", "reload-gap", "workers-recycled-together"),
            ),
            ("`(110: Connection timed out) while connecting`", ("tcp-accept-queue-full", "504-connect-timeout")),
            ("`while reading response header`, `$upstream_connect_time` is 1, 3 or 7 s", ("tcp-accept-queue-full",)),
            (
                "`while reading response header`, and the loop was blocked",
                ("event-loop-blocked", "blocks-the-event-loop"),
            ),
            ("`while reading response header`, and the database used nearly all CPU", ("database-saturated",)),
            ("`while reading response header`, and uWSGI: `async queue is full`", ("async-cores-exhausted",)),
            ("`while reading response header`, Granian or uvicorn, and clients had gone", ("work-for-nobody",)),
            (
                "`while reading response header` or `while sending request`",
                ("slow-request", "504-no-answer-in-time"),
            ),
        ),
    ),
    (
        "500 and the application's log",
        (
            ("`(1040, 'Too many connections')`", ("asgi-connections-exhausted", "db-connections-exhausted")),
            ("`QueuePool limit of size ... reached`", ("db-pool-exhausted",)),
            ("`DatabaseWrapper objects created in a thread`", ("late-monkey-patch",)),
            ("Gunicorn: `WORKER TIMEOUT`", ("gunicorn-timeout-500",)),
            ("Gunicorn: `Error handling request`", ("exception-outside-django",)),
            ("anything else", ("application-answered-5xx",)),
        ),
    ),
    (
        "200, but cut or late",
        (
            ("`$upstream_status` with a comma", ("proxy-retried",)),
            ("`upstream timed out ... while reading upstream`", ("stalled-mid-body",)),
            (
                "`pwrite()`, `open()` or `mkdir()` failed, `while reading upstream`",
                ("proxy-disk-full", "proxy-temp-forbidden"),
            ),
            ("`invalid chunked response` or `more data than specified`", ("invalid-response-body",)),
            ("cut, and Gunicorn: `WORKER TIMEOUT`", ("timeout-cut-the-body",)),
            ("cut, and Granian or uvicorn: an exception", ("header-before-the-exception",)),
            ("cut, and a worker died", ("worker-killed", "worker-crashed", "harakiri")),
            ("cut, and nothing else", ("body-cut-unexplained",)),
        ),
    ),
    (
        "Other statuses",
        (
            ("499, or 460 of an ALB", ("client-gave-up",)),
            ("503 and nginx: `limiting requests` or `limiting connections`", ("rate-limited",)),
            ("503 and uvicorn: `Exceeded concurrency limit`", ("concurrency-limit-exceeded",)),
            ("503 of a load balancer", ("alb-no-targets", "classic-elb-503")),
            (
                "502 or 504 of an ALB, target_status_code `-`",
                ("alb-502-from-target", "alb-idle-timeout", "alb-504-unexplained"),
            ),
            ("504 of a Classic ELB", ("classic-elb-504",)),
        ),
    ),
)


def render_page(cause: Cause) -> str:
    """Return a cause's page in Markdown."""
    parts = [
        _MADE,
        f"# {cause.title}",
        f"`{cause.id}` · {cause.family} · {_seen(cause)}",
        f"Certainty: {', or '.join(_MEANING[certainty] for certainty in _certainties(cause))}.",
        f"## What happens\n\n{cause.explanation}",
        f"## How to recognise it\n\n{cause.evidence}",
        "## What to change\n\nIn order of effect:\n\n" + "\n".join(_remedies(cause)),
    ]
    if cause.innocent:
        parts.append(f"## What it is not\n\n{cause.innocent}")
    parts.append("[All causes](index.md)")
    return "\n\n".join(parts) + "\n"


def render_index(causes: Iterable[Cause] = CAUSES) -> str:
    """Return the page that leads to the causes: by what one sees, and by family."""
    parts = [_MADE, _INTRODUCTION.rstrip()]
    for heading, rows in _DECISIONS:
        lines = [f"| {seen} | {', '.join(_link(id_) for id_ in ids)} |" for seen, ids in rows]
        parts.append(f"## {heading}\n\n| you see | cause |\n|---|---|\n" + "\n".join(lines))
    rows_of_all = [
        f"| [{cause.id}]({cause.id}.md) | {cause.title} | {_seen(cause)} | {cause.family} |" for cause in causes
    ]
    parts.append(
        "## All causes\n\n| cause | in words | seen as | family |\n|---|---|---|---|\n" + "\n".join(rows_of_all)
    )
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return all pages by file name."""
    return {"index.md": render_index(), **{f"{cause.id}.md": render_page(cause) for cause in CAUSES}}


def write_pages(folder: Path) -> None:
    """Write all pages and delete those of causes that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _seen(cause: Cause) -> str:
    return ", ".join(str(status) for status in cause.statuses)


def _certainties(cause: Cause) -> tuple[Certainty, ...]:
    return tuple(dict.fromkeys(rule.certainty for rule in RULES if rule.cause is cause))


def _remedies(cause: Cause) -> Iterable[str]:
    for number, advice in enumerate(advice_for(cause, any_server()), start=1):
        yield f"{number}. {advice.text}"
        yield from (f"   - {where}: **{setting}**" for where, setting in advice.settings.items())


def _link(cause_id: str) -> str:
    return f"[{BY_ID[cause_id].id}]({cause_id}.md)"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
