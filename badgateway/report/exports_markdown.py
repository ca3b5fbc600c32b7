"""The exports of a study in Markdown: what became of them, and what small requests felt meanwhile."""

from collections.abc import Iterator

from badgateway.report.markdown_text import escaped, table_line
from badgateway.report.routes import ExportArm, Exports, RouteRow

_HEAD = ("configuration", "request", "requests", "failed", "first byte p50", "last byte p50", "p95", "app growth")
_SMALL = ("configuration", "request", "requests", "failed", "p50", "p95", "max")


def export_lines(view: Exports) -> str:
    """Return the two tables."""
    exports = _table(_HEAD, (cells for arm in view.arms for cells in _exports(arm)))
    small = _table(_SMALL, map(_felt, view.small))
    felt = f"What the small requests felt while the exports ran:\n\n{small}" if view.small else ""
    return f"The exports:\n\n{exports}\n\n{felt}".rstrip()


def _exports(arm: ExportArm) -> Iterator[tuple[str, ...]]:
    for row in arm.rows:
        shown = (row.failed, row.first_p50, row.p50, row.p95, arm.app_growth)
        yield (row.configuration, escaped(row.route), row.requests, *(cell.text for cell in shown))


def _felt(row: RouteRow) -> tuple[str, ...]:
    shown = (row.failed, row.p50, row.p95, row.longest)
    return (row.configuration, escaped(row.route), row.requests, *(cell.text for cell in shown))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    align = (":--", ":--", *("--:" for _ in head[2:]))
    return "\n".join(map(table_line, (head, align, *rows)))
