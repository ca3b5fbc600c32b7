"""Renders a study as Markdown short enough for a pull request comment."""

import re
from collections.abc import Iterable

from badgateway.model.summary import StudySummary
from badgateway.report import document, numbers
from badgateway.report.document import ConfigurationView, Document
from badgateway.report.rows import LevelRow

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_HEAD = ("configuration", "users", "requests", "failed", "p50", "p95", "p99", "OK req/s", "verdict")
_ALIGN = (":--", "--:", "--:", ":--", "--:", "--:", "--:", "--:", ":--")


def render_markdown(study: StudySummary) -> str:
    """Return the comment; the same study gives the same bytes."""
    page = document.build(study)
    blocks = (
        f"## {_text(page.answer.label)}",
        f"**{_text(page.answer.sentence)}**",
        _text(page.unfinished),
        "\n".join(f"- {_text(reason)}" for reason in page.answer.reasons),
        f"Question: {_text(page.question)}  \nObjective: {_text(page.objective)}",
        _table(page),
        f"Latency is of OK requests only; {numbers.NO_DATA} means there is no number.",
        f"Reproduce: {_code(page.command)} (seed {page.seed}; run of {page.started})",
        f"Environment: {_text(_environment(page))}",
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def _text(text: str) -> str:
    """Return text that Markdown prints as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Return a code span; its fence is longer than any run of backticks inside."""
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _table(page: Document) -> str:
    body = (_row(view, level) for view in page.configurations for level in view.levels)
    return "\n".join(_line(cells) for cells in (_HEAD, _ALIGN, *body))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(view: ConfigurationView, level: LevelRow) -> tuple[str, ...]:
    found = level.numbers
    name = f"**{view.name}**" if view.picked else view.name
    split = ", ".join(part.text for part in found.split)
    failed = f"{found.failed_share.text} ({split})" if split else found.failed_share.text
    shown = (found.requests, found.p50, found.p95, found.p99, found.rate)
    requests, *latencies = (cell.text for cell in shown)
    return (name, level.users, requests, failed, *latencies, level.verdict)


def _environment(page: Document) -> str:
    system, processor, memory, python = (setting.value for setting in page.environment[:4])
    versions = ", ".join(f"{version.name} {version.value}" for version in page.versions)
    return f"{system}; {processor}; {memory}; Python {python}; {versions}"
