"""Each size that a configuration was measured in, and how much of it was used up."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.axis import away
from badgateway.model.run_summary import RunSummary
from badgateway.model.samples import ContainerUse
from badgateway.model.summary import LevelSummary
from badgateway.report import cells, grid, markdown
from badgateway.report.cells import TableCell
from badgateway.report.html import render
from badgateway.report.section import Section
from badgateway.words import phrases

_HEAD = ("container", "throttled", "most memory", "killed", "failed", "p95")
_NOT_LIMITED = "not limited"
_NOT_MEASURED = "not measured"
MUCH = 0.1
"""Of the periods: from here on the late requests of a trial waited for CPU more than for anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRow:
    """One configuration at one load level in containers of one size: its servers', or nginx's own."""

    name: str
    users: str
    size: str
    throttled: TableCell
    """Share of the periods."""
    memory: TableCell
    killed: TableCell
    failed: TableCell
    p95: TableCell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The whole section."""

    load_heading: str
    sentence: str
    rows: tuple[SizeRow, ...]
    """Configurations best first."""


class SizesSection(Section):
    """The sizes; programs find them with the trials."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table."""
        view = build(run)
        return render("sizes/sizes.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return the table, and what it means."""
        view = build(run)
        if view is None:
            return ""
        head, align = ("configuration", view.load_heading, *_HEAD), (":--", "--:", ":--", *("--:" for _ in _HEAD[1:]))
        return markdown.blocks(view.sentence, markdown.table(head, align, map(_texts, view.rows)))


def _texts(row: SizeRow) -> tuple[str, ...]:
    measured = (row.throttled, row.memory, row.killed, row.failed, row.p95)
    return (row.name, row.users, row.size, *(cell.text for cell in measured))


def build(run: RunSummary) -> Sizes | None:
    """Return the section of a run; None when no container had a size."""
    found = tuple(_rows(run))
    if not found:
        return None
    return Sizes(
        load_heading=grid.heading(run),
        sentence=_sentence([(use, is_proxy) for _, use, is_proxy in found]),
        rows=tuple(row for row, *_ in found),
    )


def _rows(run: RunSummary) -> Iterator[tuple[SizeRow, ContainerUse, bool]]:
    """Yield each row with what it is of, and whether that is nginx's container."""
    for summary in grid.ranked(run):
        for level in (*summary.levels, *summary.distant_levels):
            found = [trial.container for trial in level.valid_trials if trial.container is not None]
            of_servers = [use for use in found if use.is_limited]
            of_proxy = [use.proxy for use in found if use.proxy is not None]
            for used, is_proxy in ((of_servers, False), (of_proxy, True)):
                if used:
                    name = f"{level.configuration}: its nginx" if is_proxy else level.configuration
                    yield _row(level, name, together := _together(used)), together, is_proxy


def _row(level: LevelSummary, name: str, use: ContainerUse) -> SizeRow:
    found = level.measurement
    return SizeRow(
        name=name,
        users=phrases.load_in_column(level.load),
        size=", ".join(axis.value.format(value) for axis, value in away(level.at)),
        throttled=_throttled(use),
        memory=_memory(use),
        killed=cells.missing(_NOT_LIMITED) if use.kills is None else cells.count(use.kills),
        failed=cells.share(found.failures) if found else cells.missing(_NOT_MEASURED),
        p95=cells.milliseconds(found.latency.p95_ms if found and found.latency else None, _NOT_MEASURED),
    )


def _throttled(use: ContainerUse) -> TableCell:
    share = use.throttled_share
    if share is None:
        return cells.missing(_NOT_LIMITED if use.periods is None else "nobody wanted any")
    return TableCell(text=numbers.percent(share), quiet=share < MUCH)


def _memory(use: ContainerUse) -> TableCell:
    if use.peak_memory_bytes is None:
        return cells.missing(_NOT_LIMITED)
    return TableCell(text=numbers.memory(use.peak_memory_bytes))


def _sentence(uses: list[tuple[ContainerUse, bool]]) -> str:
    """Return what the sizes did, or that they were enough."""
    throttled = sum((use.throttled_share or 0) >= MUCH for use, _ in uses)
    killed = sum(use.kills or 0 for use, is_proxy in uses if not is_proxy)
    of_nginx = sum(use.kills or 0 for use, is_proxy in uses if is_proxy)
    least = numbers.in_sentences(numbers.declared_percent(MUCH))
    said = []
    if throttled:
        said.append(
            f"In {numbers.plural(throttled, 'row')} of {len(uses)} the CPU quota was used up in {least} or more of the "
            "tenths of a second: a request waits for the rest of each, which no log tells."
        )
    if killed:
        times = numbers.plural(killed, "time")
        said.append(f"For a memory limit the kernel killed a process {times}, by signal 9, with all requests in it.")
    if of_nginx:
        said.append(
            f"For nginx's own memory limit the kernel killed a process of it {numbers.plural(of_nginx, 'time')}."
        )
    enough = "No size was in the way: CPU quotas were hardly ever used up, and no process was killed for memory."
    return " ".join(said) or enough


def _together(uses: list[ContainerUse]) -> ContainerUse:
    """Return the use of several trials: counts add up, and the most memory is that of the one that had most."""
    return ContainerUse(
        periods=_sum([use.periods for use in uses]),
        throttled_periods=_sum([use.throttled_periods for use in uses]),
        throttled_s=sum(known) if (known := [use.throttled_s for use in uses if use.throttled_s is not None]) else None,
        peak_memory_bytes=max(
            (use.peak_memory_bytes for use in uses if use.peak_memory_bytes is not None), default=None
        ),
        memory_limit_bytes=max(
            (use.memory_limit_bytes for use in uses if use.memory_limit_bytes is not None), default=None
        ),
        kills=_sum([use.kills for use in uses]),
    )


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
