"""All numbers: a row for each configuration and load level."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import ConfigurationSummary
from badgateway.report import grid, level_objects, markdown, rows, spread, wording
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.rows import Numbers, OutcomeLabel
from badgateway.report.section import Object, Section
from badgateway.words import phrases
from badgateway.words.verdict_reasons import said

_SHARES = tuple(map(wording.share_heading, rows.GATEWAY_OUTCOMES))
_HEAD = ("requests", "failed", "95 % interval", *_SHARES, "p50", "p95", "p99", "OK req/s", "verdict")
_ALIGN = (":--", "--:", "--:", ":--", *("--:" for _ in _HEAD[2:-1]), ":--")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One configuration at one load level."""

    users: str
    verdict: str
    reasons: tuple[str, ...]
    gap: str
    """Why nothing was measured, in two words; empty when something was."""
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRows:
    """One configuration at every load level."""

    name: str
    picked: bool
    levels: tuple[LevelRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTable:
    """The whole section."""

    load_heading: str
    """Of a column of load levels."""
    outcomes: tuple[OutcomeLabel, ...]
    """The kinds of failure that occurred, for column headings."""
    configurations: tuple[ConfigurationRows, ...]
    """Best first."""
    note: str
    """What the spread of a number is; empty where none has one."""
    share_headings: tuple[str, ...] = _SHARES


class LevelsSection(Section):
    """The table, and for programs all that was measured."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table."""
        return render("levels/levels.html.j2", view=build(run))

    def markdown(self, run: RunSummary, /) -> str:
        """Return the table, with fewer columns."""
        view = build(run)
        body = (_cells(one, level) for one in view.configurations for level in one.levels)
        return markdown.blocks(
            markdown.table(("configuration", view.load_heading, *_HEAD), _ALIGN, body), markdown.escaped(view.note)
        )

    def objects(self, run: RunSummary, /) -> Object:
        """Return the configurations with their levels and trials."""
        return {"configurations": [_object(summary) for summary in run.configurations]}


def build(run: RunSummary) -> LevelTable:
    """Return the table of a run."""
    columns = rows.occurred(run)
    return LevelTable(
        load_heading=grid.heading(run),
        outcomes=rows.kinds(run),
        configurations=tuple(_configuration(run, summary, columns) for summary in grid.ranked(run)),
        note=spread.note([result.level for result in grid.results(run) if result.level]),
    )


def _configuration(run: RunSummary, summary: ConfigurationSummary, columns: tuple[Outcome, ...]) -> ConfigurationRows:
    name = summary.configuration.name
    return ConfigurationRows(
        name=name,
        picked=name == run.recommendation.configuration,
        levels=tuple(level_row(result, columns) for result in grid.row(summary, grid.levels(run))),
    )


def level_row(result: LevelResult, columns: tuple[Outcome, ...]) -> LevelRow:
    """Return the row of a result; a level that was never run has no verdict."""
    level = result.level if result.level and result.level.trials else None
    return LevelRow(
        users=phrases.load_in_column(result.load),
        verdict=level.verdict.value if level else "NOT RUN",
        reasons=said(level.reasons) if level else (),
        gap=result.gap,
        numbers=rows.numbers_of(result.measurement, result.gap, columns, level=result.level),
    )


def _cells(configuration: ConfigurationRows, level: LevelRow) -> Iterator[str]:
    found = level.numbers
    split = ", ".join(part.text for part in found.split)
    yield f"**{configuration.name}**" if configuration.picked else configuration.name
    yield level.users
    yield found.requests.text
    yield f"{found.failed_share.text} ({split})" if split else found.failed_share.text
    shares = (found.failed_interval, *found.gateway_shares)
    yield from (cell.whole for cell in (*shares, found.p50, found.p95, found.p99, found.rate))
    yield level.verdict


def _object(summary: ConfigurationSummary) -> Object:
    levels = (*summary.levels, *summary.distant_levels)
    trials = sorted((trial for level in levels for trial in level.trials), key=lambda one: one.trial.position)
    return {
        "name": summary.configuration.name,
        "verdict": summary.verdict.value,
        "reasons": said(summary.reasons),
        "settings": summary.configuration.model_dump(mode="json", exclude={"name"})
        # Its name before, for one release.
        | {"reload_mercy_s": summary.configuration.graceful_stop_s},
        "levels": [level_objects.level(level) for level in summary.levels],
        "distant_levels": [level_objects.level(level) for level in summary.distant_levels],
        "trials": [level_objects.trial(trial) for trial in trials],
    }
