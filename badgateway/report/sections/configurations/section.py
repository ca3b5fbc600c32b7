"""What differs between the configurations, and for each the evidence behind its verdict."""

from dataclasses import dataclass

from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import ConfigurationSummary
from badgateway.report import grid, markdown, rows
from badgateway.report.html import render
from badgateway.report.rows import RouteRow
from badgateway.report.section import Section
from badgateway.report.sections.configurations import parity, usage
from badgateway.report.sections.configurations.parity import Parity
from badgateway.report.sections.configurations.usage import MessageRow, UseRow
from badgateway.words import phrases
from badgateway.words.verdict_reasons import said

_HEAD = ("CPU an OK request", "most memory")
_ABOUT = (
    "What the application servers used, all their processes together (what processes share counts in each of them):"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One configuration: why its verdict, and what was seen of it."""

    name: str
    verdict: str
    note: str
    reasons: tuple[str, ...]
    messages: tuple[MessageRow, ...]
    uses: tuple[UseRow, ...]
    routes: tuple[RouteRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configurations:
    """The whole section."""

    load_heading: str
    """Of a column of load levels."""
    parity: Parity
    configurations: tuple[Evidence, ...]
    """Best first."""


class ConfigurationsSection(Section):
    """The settings and the evidence; programs find them with the levels."""

    def html(self, run: RunSummary, /) -> str:
        """Return the settings that differ, those in common, and the evidence for each configuration."""
        return render("configurations/configurations.html.j2", view=build(run))

    def markdown(self, run: RunSummary, /) -> str:
        """Return a table of what the application servers used."""
        head = ("configuration", grid.heading(run), *_HEAD)
        found = (
            (
                result.configuration,
                phrases.load_in_column(result.load),
                rows.server_cpu(result.level).text,
                rows.server_memory(result.level).text,
            )
            for result in grid.results(run)
        )
        return markdown.blocks(_ABOUT, markdown.table(head, (":--", *("--:" for _ in head[1:])), found))


def build(run: RunSummary) -> Configurations:
    """Return the section of a run."""
    ranked = grid.ranked(run)
    return Configurations(
        load_heading=grid.heading(run),
        parity=parity.parity(run.experiment, tuple(summary.configuration for summary in ranked)),
        configurations=tuple(_evidence(run, summary) for summary in ranked),
    )


def _evidence(run: RunSummary, summary: ConfigurationSummary) -> Evidence:
    configuration = summary.configuration
    levels = [result.level for result in grid.row(summary, grid.levels(run)) if result.level]
    return Evidence(
        name=configuration.name,
        verdict=summary.verdict.value,
        note=configuration.note,
        reasons=said(summary.reasons),
        messages=tuple(found for level in levels for found in usage.message_rows(level)),
        uses=tuple(found for level in levels for found in usage.use_rows(level)),
        routes=tuple(found for level in levels for found in rows.route_rows(level)),
    )
