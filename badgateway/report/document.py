"""The view of a study: everything the pages print, in their order, as text."""

from dataclasses import dataclass

from badgateway.model.outcome import Outcome
from badgateway.model.summary import ConfigurationSummary, Decision, StudySummary
from badgateway.report import (
    cause_lines,
    causes,
    choice,
    evidence,
    grid,
    invalid,
    loads,
    loop_gap,
    method,
    numbers,
    routes,
    rows,
    settings,
    story,
    waiting,
    wording,
)
from badgateway.report.causes import Causes
from badgateway.report.choice import ChoiceView
from badgateway.report.evidence import MessageRow, UseRow
from badgateway.report.loop_gap import LoopGap
from badgateway.report.routes import RouteRow
from badgateway.report.rows import Kind, LevelRow, TrialRow
from badgateway.report.settings import Parity, Setting
from badgateway.report.story import Story
from badgateway.report.waiting import Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to the question."""

    kind: str
    """picked, none-qualifies or inconclusive."""
    label: str
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationView:
    """One configuration: its numbers, and behind them the evidence."""

    name: str
    picked: bool
    verdict: str
    note: str
    reasons: tuple[str, ...]
    levels: tuple[LevelRow, ...]
    messages: tuple[MessageRow, ...]
    uses: tuple[UseRow, ...]
    routes: tuple[RouteRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, before it has a format."""

    name: str
    question: str
    started: str
    unfinished: str
    """One sentence when the run was interrupted, else empty."""
    answer: Answer
    choice: ChoiceView | None
    """How the pick was made; None when the experiment was no study."""
    loop_gaps: tuple[LoopGap, ...]
    """Empty when no configuration ran with users and at a rate."""
    load_heading: str
    """Of a column of load levels."""
    story: Story
    objective: str
    outcomes: tuple[Kind, ...]
    """The kinds of failure that occurred, for legends and column headings."""
    has_gaps: bool
    """Whether some configuration has a level without a measurement."""
    configurations: tuple[ConfigurationView, ...]
    """Best first."""
    causes: Causes | None
    """Why requests failed; None when none did."""
    cause_lines: tuple[str, ...]
    """The same, one line each."""
    sharing: Sharing | None
    """How one worker's requests share its time; None when it was not tried."""
    parity: Parity
    trials: tuple[TrialRow, ...]
    has_sending: bool
    """Whether some trial was sent to a schedule."""
    has_users: bool
    """Whether some load level is a closed loop."""
    has_rates: bool
    """Whether some load level is an open loop."""
    circumstances: tuple[str, ...]
    """What the method has to say of the beginning of this run; mostly nothing."""
    method: tuple[str, ...]
    limits: tuple[str, ...]
    environment: tuple[Setting, ...]
    versions: tuple[Setting, ...]
    command: str
    seed: str


def build(study: StudySummary) -> Document:
    """Return the document of a study."""
    ranked = grid.ranked(study)
    columns = rows.occurred(study)
    return Document(
        name=study.experiment.name,
        question=study.experiment.question,
        started=study.started,
        unfinished=_unfinished(study),
        answer=_answer(study),
        choice=choice.build(study),
        loop_gaps=loop_gap.build(study),
        load_heading=loads.heading(grid.levels(study)),
        story=story.build(study),
        objective=method.objective(study.experiment),
        outcomes=tuple(rows.kind(outcome, wording.long_name(outcome)) for outcome in columns),
        has_gaps=any(cell.gap for cell in grid.cells(study)),
        configurations=tuple(_configuration(study, summary, columns) for summary in ranked),
        causes=causes.build(study),
        cause_lines=cause_lines.build(study),
        sharing=waiting.build(study),
        parity=settings.parity(study.experiment, tuple(summary.configuration for summary in ranked)),
        trials=tuple(rows.trial_row(trial) for trial in invalid.every_trial(study)),
        has_sending=any(trial.sending for trial in invalid.every_trial(study)),
        has_users=any(not load.is_open for load in grid.levels(study)),
        has_rates=any(load.is_open for load in grid.levels(study)),
        circumstances=tuple(method.circumstances(study.circumstances)),
        method=method.measured(study),
        limits=method.limits(study),
        environment=_environment(study),
        versions=_versions(study),
        command=study.command,
        seed=str(study.seed),
    )


def _unfinished(study: StudySummary) -> str:
    if study.complete:
        return ""
    return "The run was interrupted before its last trial: only the trials that had ended are in this report."


def _answer(study: StudySummary) -> Answer:
    found = study.recommendation
    if study.choice is not None:
        return Answer(
            kind=choice.kind(study.choice),
            label=choice.label(study.choice),
            sentence=study.choice.sentence,
            reasons=found.reasons,
        )
    label = wording.DECISION_LABELS[found.decision]
    return Answer(
        kind=found.decision.value.lower().replace("_", "-"),
        label=f"{label}: {found.configuration}" if found.decision is Decision.PICKED else label,
        sentence=found.sentence,
        reasons=found.reasons,
    )


def _configuration(
    study: StudySummary, summary: ConfigurationSummary, columns: tuple[Outcome, ...]
) -> ConfigurationView:
    configuration = summary.configuration
    cells = grid.row(summary, grid.levels(study))
    return ConfigurationView(
        name=configuration.name,
        picked=configuration.name == study.recommendation.configuration,
        verdict=summary.verdict.value,
        note=configuration.note,
        reasons=summary.reasons,
        levels=tuple(rows.level_row(cell, columns) for cell in cells),
        messages=tuple(found for cell in cells if cell.level for found in evidence.message_rows(cell.level)),
        uses=tuple(found for cell in cells if cell.level for found in evidence.use_rows(cell.level)),
        routes=tuple(found for cell in cells if cell.level for found in routes.of_level(cell.level)),
    )


def _environment(study: StudySummary) -> tuple[Setting, ...]:
    found = study.environment
    somaxconn = "no such setting" if found.somaxconn is None else numbers.count(found.somaxconn)
    return (
        Setting(name="System", value=found.system),
        Setting(name="Processor", value=f"{found.cpu}, {wording.plural(found.cores, 'core')}"),
        Setting(name="Memory", value=numbers.memory(found.memory_bytes)),
        Setting(name="Python", value=found.python),
        Setting(name="net.core.somaxconn", value=somaxconn),
        Setting(name="Servers ran as", value=found.account),
    )


def _versions(study: StudySummary) -> tuple[Setting, ...]:
    found = sorted(study.environment.versions, key=lambda version: (version[0].casefold(), version))
    return tuple(Setting(name=name, value=value) for name, value in found)
