"""How the pick was made, as text: its chain of reasons, the race, the rivals, the noise and the capacities."""

from dataclasses import dataclass

from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import Choice, ChoiceKind, Criterion, NoiseFloor, Relation, Rivalry
from badgateway.model.contest import Leaving, Purpose
from badgateway.model.experiment import Experiment
from badgateway.model.summary import StudySummary
from badgateway.report import choice_steps, invalid, loads, numbers, wording
from badgateway.report.choice_steps import Step
from badgateway.report.invalid import InvalidTrials
from badgateway.report.rows import Shown
from badgateway.report.settings import Setting

PAGE = "docs/how-the-pick-is-made.md"
_EXIT = {
    ChoiceKind.PICKED: "Exit status 0: there is a configuration to run.",
    ChoiceKind.EQUIVALENT: "Exit status 0: there is a configuration to run.",
    ChoiceKind.NONE_QUALIFIES: "Exit status 1: every configuration was measured, and none qualifies.",
    ChoiceKind.NEEDS_MORE: "Exit status 3: none can be said to keep the objective yet.",
}
_CAPACITY_WORDS = {
    CapacityStatus.FOUND: "found",
    CapacityStatus.AT_LEAST: "no higher load was tried",
    CapacityStatus.NONE: "the lowest load failed",
    CapacityStatus.UNCONFIRMED: "no long window passed",
    CapacityStatus.NOT_TOLD: "not told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRow:
    """An arm that left the race before its end."""

    name: str
    when: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalRow:
    """An arm held against the leader of one criterion."""

    criterion: str
    name: str
    leader: str
    ratio: Shown
    interval: Shown
    blocks: Shown
    p: Shown
    margin: Shown
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """The capacity of one arm."""

    name: str
    estimate: Shown
    interval: Shown
    confirmed: Shown
    trials: str
    remark: str


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


def build(study: StudySummary) -> ChoiceView | None:
    """Put a study's choice into words; None when the experiment was no study."""
    choice = study.choice
    if choice is None:
        return None
    return ChoiceView(
        page=PAGE,
        exit_status=_EXIT[choice.kind],
        certainty=choice.certainty,
        steps=choice_steps.steps(choice),
        left=tuple(_left(one, study) for one in choice.leaving),
        rivals=tuple(_rival(one) for one in choice.rivalries),
        noise=_noise(choice.noise),
        noise_facts=_noise_facts(choice.noise),
        capacities=tuple(_capacity(name, found, is_open=capacity_is_open(study)) for name, found in choice.capacities),
        capacity_caption=_capacity_caption(study.experiment),
        has_open=any(one.relation is Relation.OPEN for one in choice.rivalries),
        has_unconfirmed=any(one.status is CapacityStatus.UNCONFIRMED for _, one in choice.capacities),
        has_none=any(one.status is CapacityStatus.NONE for _, one in choice.capacities),
        invalid=invalid.build(study),
    )


def kind(choice: Choice) -> str:
    """Return the look of the answer: picked, none-qualifies or inconclusive."""
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return "none-qualifies"
    return "inconclusive" if choice.kind is ChoiceKind.NEEDS_MORE else "picked"


def label(choice: Choice) -> str:
    """Return the answer in a few words."""
    if choice.kind is ChoiceKind.PICKED:
        return f"Picked: {choice.arm}"
    if choice.kind is ChoiceKind.EQUIVALENT:
        others = len(choice.equivalent) - 1
        as_good = f"; {wording.plural(others, 'other')} may be as good" if others else ""
        return f"Run {choice.arm}{as_good}"
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return "None qualifies"
    return f"Needs about {wording.plural(choice.more_blocks, 'more block')}" if choice.more_blocks else "Not decided"


def capacity_is_open(study: StudySummary) -> bool:
    """Tell whether capacities are rates: the trials of the searches say it, or else the levels."""
    searched = [one.trial for one in study.other_trials if one.trial.purpose is not Purpose.COMPARE]
    return searched[0].rate_per_s is not None if searched else not study.experiment.load.users


def capacity_text(found: Capacity, *, is_open: bool) -> str:
    """Return a capacity as it is said beside its name."""
    if found.status is CapacityStatus.NOT_TOLD:
        return "not told"
    if found.estimate is None:
        return "none"
    if found.status is CapacityStatus.AT_LEAST and found.low is not None:
        return f"at least {loads.amount(found.low, is_open=is_open)}"
    return loads.amount(found.estimate, is_open=is_open)


def _capacity_caption(experiment: Experiment) -> str:
    search = experiment.study.capacity if experiment.study else None
    share = search.max_failure_share if search else experiment.objective.max_failure_share
    return (
        f"The highest load at which at most {numbers.declared_percent(share)} of the requests fail and 95 % are "
        f"answered well within {numbers.declared_milliseconds(experiment.objective.p95_ms)}, with its 95 % interval."
    )


def _left(one: Leaving, study: StudySummary) -> LeftRow:
    if one.at_look is not None:
        when, rule = f"at the look after {wording.plural(one.at_look, 'block')}", "clearly slower, t test"
    else:
        blocks = [
            trial.trial.block
            for summary in study.configurations
            if summary.configuration.name == one.arm
            for level in summary.levels
            for trial in level.trials
        ]
        when = f"in block {max(blocks)}" if blocks else "before its first trial ended"
        rule = "at once, beyond doubt"
    return LeftRow(name=one.arm, when=when, rule=rule, reason=one.reason)


def _rival(one: Rivalry) -> RivalRow:
    named, tone = choice_steps.word(one.relation)
    nothing = Shown(text=numbers.NO_DATA, why=_why_no_ratio(one))
    found = one.paired
    return RivalRow(
        criterion="CPU time a request" if one.criterion is Criterion.COST else one.criterion.value,
        name=one.rival,
        leader=one.leader,
        ratio=Shown(text=f"{found.ratio:.3f}") if found else nothing,
        interval=Shown(text=f"{found.low:.3f}{numbers.NO_DATA}{found.high:.3f} ({numbers.percent(found.confidence)})")
        if found
        else nothing,
        blocks=Shown(text=str(found.blocks)) if found else nothing,
        p=Shown(text=numbers.p_value(one.adjusted_p))
        if found and one.adjusted_p is not None
        else Shown(text=numbers.NO_DATA, why="not tested"),
        margin=Shown(text=f"± {100 * one.margin:.3g}\N{NO-BREAK SPACE}%")
        if one.margin is not None
        else Shown(text=numbers.NO_DATA, why="less is only what is proven"),
        word="named only" if one.criterion is Criterion.COST else named,
        tone="muted" if one.criterion is Criterion.COST and one.relation is Relation.EQUIVALENT else tone,
    )


def _why_no_ratio(one: Rivalry) -> str:
    return "compared round by round" if one.criterion is Criterion.CAPACITY else "no block in common"


def _noise(found: NoiseFloor | None) -> str:
    if found is None:
        return "There was no A/A control, or no valid trial of it, so the noise of this machine was not measured."
    latency = found.latency
    over = f"over {wording.plural(latency.blocks, 'block')}"
    measured = (
        f"{_named(found.arms)} ran twice in a block, under two names. By its p95, the second differed from the first "
        f"by {numbers.percent(latency.difference)} {over}: {_what_that_says(found)}"
    )
    if found.detectable is None:
        return (
            f"{measured} With so few blocks the signed-rank test between two configurations can prove no difference in "
            f"p95, however large; that takes {found.blocks_to_prove}."
        )
    return (
        f"{measured} Between the noisiest two that were compared, a true difference in p95 of "
        f"{numbers.percent(found.detectable)} is found in 80 % of such studies; a smaller one is mostly missed."
    )


def _what_that_says(found: NoiseFloor) -> str:
    if found.differs:
        return "more than noise does, so something else than the configuration decides here; look for it first."
    return "one draw of the noise, which another study will draw anew."


def _named(arms: tuple[str, ...]) -> str:
    return ", then ".join(arms)


def _noise_facts(found: NoiseFloor | None) -> tuple[Setting, ...]:
    if found is None:
        return ()
    latency = found.latency
    detectable = "none" if found.detectable is None else numbers.percent(found.detectable)
    return (
        Setting(name="difference of the two names", value=numbers.percent(latency.difference)),
        Setting(
            name="second name's p95 over the first's",
            value=f"{latency.ratio:.3f} ({numbers.percent(latency.confidence)} interval {latency.low:.3f}"
            f"{numbers.NO_DATA}{latency.high:.3f}, {wording.plural(latency.blocks, 'block')})",
        ),
        Setting(name="minimum detectable effect", value=detectable),
        Setting(name="blocks to prove anything", value=str(found.blocks_to_prove)),
    )


def _capacity(name: str, found: Capacity, *, is_open: bool) -> CapacityRow:
    return CapacityRow(
        name=name,
        estimate=Shown(text=capacity_text(found, is_open=is_open)),
        interval=_capacity_interval(found),
        confirmed=Shown(text=loads.amount(found.confirmed, is_open=is_open))
        if found.confirmed is not None
        else Shown(text=numbers.NO_DATA, why="no window three times as long passed"),
        trials=str(found.trials),
        remark=_CAPACITY_WORDS[found.status],
    )


def _capacity_interval(found: Capacity) -> Shown:
    if found.status is CapacityStatus.NOT_TOLD and found.low is None:
        return Shown(text=numbers.NO_DATA, why="a load fails below one that passes")
    if found.low is None or found.high is None:
        return Shown(text=numbers.NO_DATA, why="there is no capacity: the lowest load failed")
    if found.status is CapacityStatus.AT_LEAST:
        return Shown(text=numbers.NO_DATA, why="nothing higher was tried")
    return Shown(text=f"{loads.digits(found.low)}{numbers.NO_DATA}{loads.digits(found.high)}")
