"""Load the data into the database, and say what was loaded."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from django.core.management.color import no_style
from django.db import connection, transaction

from school.dataset import make
from school.models import Course, LoadedDataset, Member, Score

# Large enough that round trips do not count, small enough for the default max_allowed_packet of 16 MB.
BATCH_ROWS = 5000

Row = TypeVar("Row")


def is_loaded(members: int) -> bool:
    """Tell whether the database says that it holds this many members of this seed and version."""
    return LoadedDataset.objects.filter(version=make.VERSION, seed=make.SEED, members=members).exists()


@transaction.atomic
def load(members: int) -> LoadedDataset:
    """Replace all data; a load that stops half-way leaves the database as it was."""
    for everything in (LoadedDataset.objects.all(), Score.objects.all(), Course.objects.all(), Member.objects.all()):
        everything.delete()
    courses = Course.objects.bulk_create(make.make_courses())
    for member_batch in batches(make.make_members(members), BATCH_ROWS):
        Member.objects.bulk_create(member_batch)
    scores = points = 0
    for score_batch in batches(make.make_scores(members), BATCH_ROWS):
        Score.objects.bulk_create(score_batch)
        scores += len(score_batch)
        points += sum(score.points for score in score_batch)
    _count_on()
    return LoadedDataset.objects.create(
        version=make.VERSION,
        seed=make.SEED,
        members=members,
        courses=len(courses),
        scores=scores,
        points=points,
    )


def _count_on() -> None:
    """Let what is added later have the ids after those that were loaded; MariaDB does so by itself."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Course, Member, Score]):
            cursor.execute(statement)


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield the rows in lists of size; the last may be shorter."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
