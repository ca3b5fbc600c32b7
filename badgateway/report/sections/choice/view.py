"""How the pick was made, as text: its chain of reasons, the race, the rivals, the noise and the capacities."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model import exit_code
from badgateway.model.capacity import CapacityStatus
from badgateway.model.comparison import Criterion, NoiseFloor, Relation, Rivalry
from badgateway.model.design import Design, Elimination
from badgateway.model.run_summary import RunSummary
from badgateway.report import cells, wording
from badgateway.report.cells import Setting, TableCell
from badgateway.report.sections.choice import capacities, invalid, steps
from badgateway.report.sections.choice.capacities import CapacityRow
from badgateway.report.sections.choice.invalid import InvalidTrials
from badgateway.report.sections.choice.steps import Step
from badgateway.words.progress import leaving
from badgateway.words.study_limits import power

PAGE = "docs/how-the-pick-is-made.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRow:
    """A configuration that left the race before its end."""

    name: str
    when: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRow:
    """A configuration held against the leader of one criterion."""

    criterion: str
    name: str
    leader: str
    ratio: TableCell
    interval: TableCell
    blocks: TableCell
    p: TableCell
    margin: TableCell
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceView:
    """The whole section."""

    page: str
    exit_status: str
    certainty: str
    steps: tuple[Step, ...]
    left: tuple[LeftRow, ...]
    rivals: tuple[RivalRow, ...]
    noise: str
    noise_facts: tuple[Setting, ...]
    """The same in figures; empty without a control."""
    capacities: tuple[CapacityRow, ...]
    capacity_caption: str
    """What a load has to keep to count as carried."""
    has_open: bool
    """Whether some rival is not told apart yet."""
    has_unconfirmed: bool
    """Whether some capacity is not confirmed."""
    has_none: bool
    """Whether some configuration has no capacity."""
    invalid: InvalidTrials


def build(run: RunSummary) -> ChoiceView | None:
    """Put a study's choice into words; None when the experiment was no study."""
    choice = run.choice
    if choice is None:
        return None
    return ChoiceView(
        page=PAGE,
        exit_status=wording.exit_sentence(exit_code.of_run(run)),
        certainty=power(choice),
        steps=steps.steps(choice),
        left=tuple(_left(one, run, choice.asked) for one in choice.eliminations),
        rivals=tuple(_rival(one) for one in choice.rivalries),
        noise=_noise(choice.noise),
        noise_facts=_noise_facts(choice.noise),
        capacities=tuple(capacities.row(name, found, capacities.unit_of(run)) for name, found in choice.capacities),
        capacity_caption=capacities.caption(run.experiment),
        has_open=any(one.relation is Relation.OPEN for one in choice.rivalries),
        has_unconfirmed=any(one.status is CapacityStatus.UNCONFIRMED for _, one in choice.capacities),
        has_none=any(one.status is CapacityStatus.NONE for _, one in choice.capacities),
        invalid=invalid.build(run),
    )


def _left(one: Elimination, run: RunSummary, asked: Design) -> LeftRow:
    if one.at_look is not None:
        when, rule = f"at the look after {numbers.plural(one.at_look, 'block')}", "clearly slower, t test"
    else:
        blocks = [
            trial.trial.block
            for summary in run.configurations
            if summary.configuration.name == one.configuration
            for level in summary.levels
            for trial in level.trials
        ]
        when = f"in block {max(blocks)}" if blocks else "before its first trial ended"
        rule = "at once, beyond doubt"
    return LeftRow(name=one.configuration, when=when, rule=rule, reason=leaving(one, asked))


def _rival(one: Rivalry) -> RivalRow:
    named, tone = steps.word(one.told)
    nothing = cells.missing(_why_no_ratio(one))
    found = one.paired
    return RivalRow(
        criterion="CPU time a request" if one.criterion is Criterion.COST else one.criterion.value,
        name=one.rival,
        leader=one.leader,
        ratio=TableCell(text=numbers.ratio(found.ratio)) if found else nothing,
        interval=TableCell(text=f"{numbers.ratios(found.low, found.high)} ({numbers.percent(found.confidence)})")
        if found
        else nothing,
        blocks=TableCell(text=str(found.blocks)) if found else nothing,
        p=TableCell(text=numbers.p_value(one.adjusted_p))
        if found and one.adjusted_p is not None
        else cells.missing("not tested"),
        margin=TableCell(text=numbers.margin(one.margin))
        if one.margin is not None
        else cells.missing("less is only what is proven"),
        word="named only" if one.criterion is Criterion.COST else named,
        tone="muted" if one.criterion is Criterion.COST and one.relation is Relation.EQUIVALENT else tone,
    )


def _why_no_ratio(one: Rivalry) -> str:
    return "compared round by round" if one.criterion is Criterion.CAPACITY else "no block in common"


def _noise(found: NoiseFloor | None) -> str:
    if found is None:
        return "There was no A/A control, or no valid trial of it, so the noise of this machine was not measured."
    latency = found.latency
    over = f"over {numbers.plural(latency.blocks, 'block')}"
    measured = (
        f"{_named(found.configurations)} ran twice in a block, under two names. By its p95, the second differed from "
        f"the first by {numbers.difference(latency.difference)} {over}: {_what_that_says(found)}"
    )
    if found.detectable is None:
        return (
            f"{measured} With so few blocks the signed-rank test between two configurations can prove no difference in "
            f"p95, however large; that takes {found.blocks_to_prove}."
        )
    return (
        f"{measured} Between the noisiest two that were compared, a true difference in p95 of "
        f"{numbers.difference(found.detectable)} is found in 80 % of such studies; a smaller one is mostly missed."
    )


def _what_that_says(found: NoiseFloor) -> str:
    if found.differs:
        return "more than noise does, so something else than the configuration decides here; look for it first."
    return "one draw of the noise, which another study will draw anew."


def _named(configurations: tuple[str, ...]) -> str:
    return ", then ".join(configurations)


def _noise_facts(found: NoiseFloor | None) -> tuple[Setting, ...]:
    if found is None:
        return ()
    latency = found.latency
    detectable = "none" if found.detectable is None else numbers.difference(found.detectable)
    return (
        Setting(name="difference of the two names", value=numbers.difference(latency.difference)),
        Setting(
            name="second name's p95 over the first's",
            value=f"{numbers.ratio(latency.ratio)} ({numbers.percent(latency.confidence)} interval "
            f"{numbers.ratios(latency.low, latency.high)}, {numbers.plural(latency.blocks, 'block')})",
        ),
        Setting(name="minimum detectable effect", value=detectable),
        Setting(name="blocks to prove anything", value=str(found.blocks_to_prove)),
    )
