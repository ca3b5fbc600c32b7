"""Replays the race from the ended trials: who stands, who left and why, and which trials are due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway.judge.objective import is_kept_so_far, units_of_facts, verdict, why_hopeless
from badgateway.judge.wording import amount, counted
from badgateway.model.contest import ArmFacts, Contest, Counts, Leaving
from badgateway.model.summary import Verdict
from badgateway.search.book import Book, Cell
from badgateway.search.looks import put_out

_SHARE_FOR_BLOCKS = 0.6
"""Of the budget, when capacities are to be searched afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Where the blocks stand."""

    standing: tuple[str, ...]
    leaving: tuple[Leaving, ...]
    due: tuple[Cell, ...]
    """In the order of running; empty when the blocks have ended."""


def replay(book: Book) -> Race:
    """Return where the race is; the same ended trials always give the same answer."""
    contest = book.contest
    race = Race(standing=contest.arms, leaving=(), due=())
    for turn, level in enumerate(contest.levels, start=1):
        race = _after_batch(book, race, _screening(book, race, level), 1, turn)
        if race.due:
            return race
    for block in range(2, contest.blocks + 1):
        race = _after_look(book, race, block - 1)
        if not race.standing or not _is_affordable(book, race, block):
            break
        race = _after_batch(book, race, _block(book, race, block), block, len(contest.levels) + block - 1)
        if race.due:
            break
    return race


def _after_batch(book: Book, race: Race, cells: Sequence[Cell], block: int, turn: int) -> Race:
    """Return the race with the batch's cells due, or without those arms that its facts drop."""
    left = {one.arm: one for arm in race.standing if (one := _dropped(book, arm, block)) is not None}
    due = tuple(cell for cell in book.in_turn(cells, turn) if cell.arm not in left and not book.is_settled(cell))
    return Race(
        standing=tuple(arm for arm in race.standing if arm not in left),
        leaving=(*race.leaving, *left.values()),
        due=due,
    )


def _screening(book: Book, race: Race, level: float) -> list[Cell]:
    """Return the first block's cells at one level: all arms see the lowest load before any sees a higher one."""
    cells = [Cell(arm, 1, level, control=False) for arm in race.standing]
    return [*cells, *_control(book.contest, race, 1)] if level == book.contest.levels[-1] else cells


def _block(book: Book, race: Race, block: int) -> list[Cell]:
    """Return a later block's cells: the highest level, and what is in doubt below it."""
    contest = book.contest
    cells = [Cell(arm, block, contest.levels[-1], control=False) for arm in race.standing]
    below = [
        Cell(arm, block, level, control=False)
        for arm in race.standing
        for level in contest.levels[:-1]
        if _is_doubtful(book, arm, level, block - 1)
    ]
    return [*cells, *below, *_control(contest, race, block)]


def _control(contest: Contest, race: Race, block: int) -> Iterator[Cell]:
    """Yield the second trial of the first arm that stands: the baseline, as long as it does."""
    if contest.control and race.standing:
        yield Cell(race.standing[0], block, contest.levels[-1], control=True)


def _dropped(book: Book, arm: str, block: int) -> Leaving | None:
    """Return why the facts up to a block end an arm's race by rule."""
    contest = book.contest
    facts = book.arm_facts(arm, block)
    for level in contest.levels:
        at_level = [one for at, _, one in facts.cells if at == level]
        why = why_hopeless(units_of_facts(at_level), contest.objective)
        broke = [one.broke for one in at_level if one.broke]
        if why is not None:
            said = f"{why}, with {counted(len(broke), 'trial')} not got through: {broke[0]}" if broke else why
            return Leaving(arm=arm, reason=f"at {amount(level, contest.unit)}, {said}", at_look=None)
        first = Cell(arm, 1, level, control=False)
        if book.is_settled(first) and not any(at == level for at, _, _ in facts.cells):
            return Leaving(arm=arm, reason=f"at {amount(level, contest.unit)}, every attempt was INVALID", at_look=None)
    return None


def _after_look(book: Book, race: Race, block: int) -> Race:
    if block not in book.contest.looks:
        return race
    left = put_out(book, race.standing, block)
    gone = {one.arm for one in left}
    standing_on = tuple(arm for arm in race.standing if arm not in gone)
    return Race(standing=standing_on, leaving=(*race.leaving, *left), due=())


def _is_affordable(book: Book, race: Race, block: int) -> bool:
    contest = book.contest
    if contest.budget_s is None or book.is_begun(block):
        return True
    share = _SHARE_FOR_BLOCKS if contest.capacity else 1.0
    next_s = len(_block(book, race, block)) * contest.cost.trial_s(contest.window_s)
    return book.spent_s(before_block=block) + next_s <= share * contest.budget_s


def _is_doubtful(book: Book, arm: str, level: float, through: int) -> bool:
    """Tell whether a level below the highest is undecided and looks bad, so that the highest cannot speak for it."""
    objective = book.contest.objective
    units = _units(book.arm_facts(arm, through), level)
    return verdict(units, objective) is Verdict.INCONCLUSIVE and not is_kept_so_far(units, objective)


def _units(facts: ArmFacts, level: float) -> tuple[Counts, ...]:
    return units_of_facts(one for at, _, one in facts.cells if at == level)
