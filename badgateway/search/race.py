"""Replays the race from the ended trials: who stands, who left and why, and which trials are due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway.judge.objective import is_kept_so_far, units_of_facts, verdict, why_it_cannot_pass
from badgateway.model.design import ConfigurationFacts, Counts, Design, Elimination
from badgateway.model.summary import Verdict
from badgateway.search.looks import drop_slower
from badgateway.search.trial_log import Slot, TrialLog

_SHARE_FOR_BLOCKS = 0.6
"""Of the budget, when capacities are to be searched afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Where the blocks stand."""

    remaining: tuple[str, ...]
    eliminations: tuple[Elimination, ...]
    due: tuple[Slot, ...]
    """In the order of running; empty when the blocks have ended."""


def replay(trial_log: TrialLog) -> Race:
    """Return where the race is; the same ended trials always give the same answer."""
    design = trial_log.design
    race = Race(remaining=design.configurations, eliminations=(), due=())
    for turn, level in enumerate(design.levels, start=1):
        race = _after_batch(trial_log, race, _screening(trial_log, race, level), 1, turn)
        if race.due:
            return race
    for block in range(2, design.blocks + 1):
        race = _after_look(trial_log, race, block - 1)
        if not race.remaining or not _is_affordable(trial_log, race, block):
            break
        race = _after_batch(trial_log, race, _block(trial_log, race, block), block, len(design.levels) + block - 1)
        if race.due:
            break
    return race


def _after_batch(trial_log: TrialLog, race: Race, slots: Sequence[Slot], block: int, turn: int) -> Race:
    """Return the race with the batch's slots due, or without those configurations that its facts drop."""
    left = {
        one.configuration: one
        for configuration in race.remaining
        if (one := _dropped(trial_log, configuration, block)) is not None
    }
    due = tuple(
        slot
        for slot in trial_log.in_turn(slots, turn)
        if slot.configuration not in left and not trial_log.is_settled(slot)
    )
    return Race(
        remaining=tuple(configuration for configuration in race.remaining if configuration not in left),
        eliminations=(*race.eliminations, *left.values()),
        due=due,
    )


def _screening(trial_log: TrialLog, race: Race, level: float) -> list[Slot]:
    """Return the first block's slots at one level: all of them see the lowest load before any sees a higher one."""
    slots = [Slot(configuration, 1, level, control=False) for configuration in race.remaining]
    return [*slots, *_control(trial_log.design, race, 1)] if level == trial_log.design.levels[-1] else slots


def _block(trial_log: TrialLog, race: Race, block: int) -> list[Slot]:
    """Return a later block's slots: the highest level, and what is in doubt below it."""
    design = trial_log.design
    slots = [Slot(configuration, block, design.levels[-1], control=False) for configuration in race.remaining]
    below = [
        Slot(configuration, block, level, control=False)
        for configuration in race.remaining
        for level in design.levels[:-1]
        if _is_doubtful(trial_log, configuration, level, block - 1)
    ]
    return [*slots, *below, *_control(design, race, block)]


def _control(design: Design, race: Race, block: int) -> Iterator[Slot]:
    """Yield the second trial of the first configuration that stands: the baseline, as long as it does."""
    if design.control and race.remaining:
        yield Slot(race.remaining[0], block, design.levels[-1], control=True)


def _dropped(trial_log: TrialLog, configuration: str, block: int) -> Elimination | None:
    """Return why the facts up to a block end a configuration's race by rule."""
    design = trial_log.design
    facts = trial_log.facts_of(configuration, block)
    for level in design.levels:
        at_level = [one for at, _, one in facts.trials if at == level]
        why = why_it_cannot_pass(units_of_facts(at_level), design.objective)
        broke = tuple(one.broke for one in at_level if one.broke)
        if why is not None:
            return Elimination(configuration=configuration, at_look=None, level=level, cannot_pass=why, broken=broke)
        first = Slot(configuration, 1, level, control=False)
        if trial_log.is_settled(first) and not any(at == level for at, _, _ in facts.trials):
            return Elimination(configuration=configuration, at_look=None, level=level)
    return None


def _after_look(trial_log: TrialLog, race: Race, block: int) -> Race:
    if block not in trial_log.design.looks:
        return race
    left = drop_slower(trial_log, race.remaining, block)
    gone = {one.configuration for one in left}
    remaining = tuple(configuration for configuration in race.remaining if configuration not in gone)
    return Race(remaining=remaining, eliminations=(*race.eliminations, *left), due=())


def _is_affordable(trial_log: TrialLog, race: Race, block: int) -> bool:
    design = trial_log.design
    if design.budget_s is None or trial_log.is_begun(block):
        return True
    share = _SHARE_FOR_BLOCKS if design.capacity else 1.0
    next_s = len(_block(trial_log, race, block)) * design.cost.trial_s(design.window_s)
    return trial_log.spent_s(before_block=block) + next_s <= share * design.budget_s


def _is_doubtful(trial_log: TrialLog, configuration: str, level: float, through: int) -> bool:
    """Tell whether a level below the highest is undecided and looks bad, so that the highest cannot speak for it."""
    objective = trial_log.design.objective
    units = _units(trial_log.facts_of(configuration, through), level)
    return verdict(units, objective) is Verdict.INCONCLUSIVE and not is_kept_so_far(units, objective)


def _units(facts: ConfigurationFacts, level: float) -> tuple[Counts, ...]:
    return units_of_facts(one for at, _, one in facts.trials if at == level)
