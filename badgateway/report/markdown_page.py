"""Renders a study as Markdown short enough for a pull request comment."""

from badgateway.model.summary import StudySummary
from badgateway.report import document, ladder, numbers
from badgateway.report.choice_markdown import choice_lines
from badgateway.report.document import ConfigurationView, Document
from badgateway.report.exports_markdown import export_lines
from badgateway.report.ladder import LadderView
from badgateway.report.markdown_text import code_span, escaped, table_line, whole_page
from badgateway.report.rows import LevelRow
from badgateway.report.waiting import LoopRow, Sharing

_HEAD = ("requests", "failed", "p50", "p95", "p99", "OK req/s", "verdict")
_ALIGN = (":--", "--:", "--:", ":--", "--:", "--:", "--:", "--:", ":--")


def render_markdown(study: StudySummary) -> str:
    """Return the comment; the same study gives the same bytes."""
    page = document.build(study)
    blocks = (
        f"## {escaped(page.answer.label)}",
        f"**{escaped(page.answer.sentence)}**",
        escaped(page.story.confirmation),
        escaped(page.unfinished),
        "\n".join(f"- {escaped(reason)}" for reason in page.answer.reasons),
        f"Question: {escaped(page.question)}  \nObjective: {escaped(page.objective)}",
        choice_lines(page),
        "\n".join(f"- {escaped(line)}" for line in page.circumstances),
        _ladder(page.story.ladder),
        "\n".join(f"- With {table.users}: {escaped(table.sentence)}" for table in page.story.distances),
        _table(page),
        export_lines(page.story.exports) if page.story.exports else "",
        _causes(page),
        _sharing(page.sharing) if page.sharing else "",
        f"Latency is of OK requests only; {numbers.NO_DATA} means there is no number.",
        f"Reproduce: {code_span(page.command)} (seed {page.seed}; run of {page.started})",
        f"Environment: {escaped(_environment(page))}",
    )
    return whole_page(blocks)


def _table(page: Document) -> str:
    body = (_row(view, level) for view in page.configurations for level in view.levels)
    return "\n".join(table_line(cells) for cells in (("configuration", page.load_heading, *_HEAD), _ALIGN, *body))


def _ladder(view: LadderView | None) -> str:
    lines = "\n".join(f"- {escaped(line)}" for line in ladder.lines(view)) if view else ""
    return f"Step by step:\n\n{lines}" if lines else ""


def _causes(page: Document) -> str:
    lines = "\n".join(f"- {escaped(line)}" for line in page.cause_lines)
    return f"Why requests failed:\n\n{lines}" if lines else ""


def _sharing(sharing: Sharing) -> str:
    proofs = (
        f"- {code_span(row.server)} with {row.driver}: **{row.verdict}**, {row.measured.text} "
        f"(one by one: {row.one_by_one}){escaped(f'; {row.reason}' if row.reason else '')}"
        for row in sharing.proofs
    )
    loops = (f"- {row.configuration} at {row.load}: {_loop(row)}" for row in sharing.loops)
    costs = "; ".join(f"{escaped(row.client)} {row.median.text}" for row in sharing.costs)
    blocks = (
        f"Does one worker's waiting let others in? {escaped(sharing.intro)} {sharing.unfinished}".rstrip(),
        "\n".join(proofs),
        "\n".join(("How long the event loop stood still:", "", *loops)) if sharing.loops else "",
        f"One database connect takes: {costs}." if costs else "",
    )
    return "\n\n".join(block for block in blocks if block)


def _loop(row: LoopRow) -> str:
    held = ", ".join(f"{escaped(place)} {seen}" for place, seen in row.lines)
    stopped = f"{row.share.text} of the time ({row.stops.text} times, the longest {row.longest.text})"
    parts = (stopped, f"held by {held}" if held else "", escaped(row.remark))
    return "; ".join(part for part in parts if part)


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
