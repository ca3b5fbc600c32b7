"""Make the data: the same members and scores for the same seed, on every machine and day."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from school.dataset import names
from school.models import Course, Member, Score

# Raise it when the same seed makes other data than before: databases loaded earlier are then loaded anew.
VERSION = 1
SEED = 20_260_101
LAST_DAY = date(2025, 12, 31)


def make_courses() -> list[Course]:
    """Return all courses, with the ids 1, 2, ..."""
    return [Course(id=number, code=code, title=title) for number, (code, title) in enumerate(names.COURSES, start=1)]


def make_members(count: int, seed: int = SEED) -> Iterator[Member]:
    """Yield the members 1 to count."""
    random = Random(f"members {seed}")  # noqa: S311 - has to be repeatable, not secret
    for number in range(1, count + 1):
        yield _make_member(number, random)


def make_scores(members: int, seed: int = SEED) -> Iterator[Score]:
    """Yield the scores of the members 1 to members: 10 each on average, and none for one member in a hundred."""
    random = Random(f"scores {seed}")  # noqa: S311 - has to be repeatable, not secret
    score_id = 0
    for member_id in range(1, members + 1):
        ability = random.uniform(35, 90)
        for _ in range(0 if member_id % 100 == 0 else random.randint(5, 15)):
            score_id += 1
            yield _make_score(score_id, member_id, ability, random)


def _make_member(number: int, random: Random) -> Member:
    first, last = random.choice(names.FIRST_NAMES), random.choice(names.LAST_NAMES)
    return Member(
        id=number,
        number=f"M{number:07d}",
        first_name=first,
        last_name=last,
        email=f"member{number}@school.example",
        phone=f"+44 20 7946 {number % 1000:04d}",
        street=f"{random.randint(1, 250)} {random.choice(names.STREETS)}",
        postcode=f"{random.randint(10_000, 99_999)}",
        city=random.choice(names.CITIES),
        born_on=LAST_DAY - timedelta(days=random.randint(16 * 365, 80 * 365)),
        joined_on=LAST_DAY - timedelta(days=random.randint(0, 10 * 365)),
        level=random.choice(names.LEVELS),
    )


def _make_score(score_id: int, member_id: int, ability: float, random: Random) -> Score:
    return Score(
        id=score_id,
        member_id=member_id,
        course_id=random.randint(1, len(names.COURSES)),
        points=round(min(100, max(0, random.gauss(ability, 12)))),
        taken_on=LAST_DAY - timedelta(days=random.randint(0, 5 * 365)),
    )
