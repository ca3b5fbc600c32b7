"""The formats of a report: which file each is, and which sections it has, in its order."""

from collections.abc import Callable
from dataclasses import dataclass

from badgateway.model.printable import printable_json, printable_lines
from badgateway.model.run_summary import RunSummary
from badgateway.report import markdown
from badgateway.report.html import anchors, render
from badgateway.report.section import Object, Section
from badgateway.report.sections.answer import section as answer
from badgateway.report.sections.answer.section import AnswerSection
from badgateway.report.sections.axes.section import AxesSection
from badgateway.report.sections.background.section import BackgroundSection, LimitsSection
from badgateway.report.sections.causes.section import CausesSection
from badgateway.report.sections.choice.section import ChoiceSection
from badgateway.report.sections.configurations.section import ConfigurationsSection
from badgateway.report.sections.connections.section import ConnectionsSection
from badgateway.report.sections.exports.section import ExportsSection
from badgateway.report.sections.ladder.section import LadderSection
from badgateway.report.sections.latency.section import LatencySection
from badgateway.report.sections.levels.section import LevelsSection
from badgateway.report.sections.loop_gap.section import LoopGapSection
from badgateway.report.sections.running_site.section import RunningSiteSection
from badgateway.report.sections.seconds.section import SecondsSection
from badgateway.report.sections.sizes.section import SizesSection
from badgateway.report.sections.trials.section import TrialsSection
from badgateway.report.sections.worker_checks.section import WorkerChecksSection

FIRST_SCREEN: Section = AnswerSection()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A part of the page that is folded until it is asked for."""

    name: str
    """Of its anchor."""
    title: str
    about: str
    """What is in it, in a few words."""
    sections: tuple[Section, ...]


CHAPTERS = (
    Chapter(
        name="causes",
        title="Causes",
        about="why requests failed, the lines that prove it, what to change",
        sections=(CausesSection(), RunningSiteSection()),
    ),
    Chapter(
        name="comparison",
        title="Comparison",
        about="step by step, latency and throughput, second by second, all numbers with their intervals",
        sections=(
            LadderSection(),
            LatencySection(),
            SecondsSection(),
            LevelsSection(),
            LoopGapSection(),
            AxesSection(),
            SizesSection(),
            ConnectionsSection(),
            ExportsSection(),
        ),
    ),
    Chapter(
        name="method",
        title="Method",
        about="how the pick was made, how it was measured, what this could not have seen",
        sections=(ChoiceSection(), WorkerChecksSection(), BackgroundSection()),
    ),
    Chapter(
        name="evidence",
        title="Evidence",
        about="what differs between the configurations, every trial",
        sections=(ConfigurationsSection(), TrialsSection()),
    ),
)
"""From the answer to what it rests on."""
PAGE: tuple[Section, ...] = (FIRST_SCREEN, *(section for chapter in CHAPTERS for section in chapter.sections))
COMMENT: tuple[Section, ...] = (
    AnswerSection(),
    ChoiceSection(),
    LoopGapSection(),
    LimitsSection(),
    LadderSection(),
    AxesSection(),
    SizesSection(),
    LevelsSection(),
    ExportsSection(),
    ConnectionsSection(),
    ConfigurationsSection(),
    CausesSection(),
    RunningSiteSection(),
    WorkerChecksSection(),
    BackgroundSection(),
)
"""Short enough for a comment on a pull request."""
DOCUMENT: tuple[Section, ...] = (
    AnswerSection(),
    BackgroundSection(),
    LevelsSection(),
    LadderSection(),
    AxesSection(),
    ChoiceSection(),
    LoopGapSection(),
    TrialsSection(),
    WorkerChecksSection(),
)
"""Everything that was found, for programs; docs/report-json.md tells every key."""

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of a report."""

    file_name: str
    render: Callable[[RunSummary], str]
    """The same run gives the same bytes."""


def render_html(run: RunSummary) -> str:
    """Return a page in one file that needs nothing else: no network, no script."""
    # Once for all that is in it: markup is what autoescape leaves to us.
    return printable_lines(render("report.html.j2", answer=answer.build(run), sections=PAGE, **_page(run)))


def _page(run: RunSummary) -> dict[str, object]:
    parts = [(chapter, [section.html(run) for section in chapter.sections]) for chapter in CHAPTERS]
    return {
        "first": FIRST_SCREEN.html(run),
        "chapters": [(chapter, htmls, anchors("".join(htmls))) for chapter, htmls in parts if any(htmls)],
    }


def render_markdown(run: RunSummary) -> str:
    """Return a comment for a pull request."""
    return markdown.whole_page(section.markdown(run) for section in COMMENT)


def render_json(run: RunSummary) -> str:
    """Return a document for programs."""
    whole: Object = {
        "schema_version": SCHEMA_VERSION,
        "started": run.started,
        "command": run.command,
        "complete": run.complete,
    }
    for section in DOCUMENT:
        whole |= section.objects(run)
    return printable_json(_rounded(whole), indent=2) + "\n"


def _rounded(value: object) -> object:
    """Cut floats to six decimals, finer than anything measured, so that no digit is the arithmetic's own."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


FORMATS = (
    Format(file_name="report.json", render=render_json),
    Format(file_name="report.md", render=render_markdown),
    Format(file_name="report.html", render=render_html),
)
"""In the order of writing."""
