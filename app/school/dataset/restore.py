"""Take back what was written after loading, and prove that what remains is what was loaded."""

from django.db import transaction
from django.db.models import Count, Sum
from django_tasks_db.models import DBTaskResult

from school.models import Course, LoadedDataset, Member, Score


class NotAsLoadedError(Exception):
    """The database does not hold what was loaded; it has to be prepared anew."""


@transaction.atomic
def restore() -> int:
    """Delete the rows added after loading; return how many they were.

    Raises:
        NotAsLoadedError: Nothing was loaded, or loaded rows are missing or changed; then nothing is deleted.
    """
    dataset = LoadedDataset.objects.first()
    if dataset is None:
        raise NotAsLoadedError("nothing is loaded in this database; run: manage.py prepare")
    # A task that nobody did would be done later, at the cost of another trial.
    DBTaskResult.objects.all().delete()
    deleted = 0
    for queryset in (
        Score.objects.filter(id__gt=dataset.scores),
        Course.objects.filter(id__gt=dataset.courses),
        Member.objects.filter(id__gt=dataset.members),
    ):
        deleted += queryset.delete()[0]
    _check(dataset)
    return deleted


def _check(dataset: LoadedDataset) -> None:
    scores = Score.objects.aggregate(rows=Count("id"), points=Sum("points", default=0))
    found = {
        "members": Member.objects.count(),
        "courses": Course.objects.count(),
        "scores": scores["rows"],
        "points in all": scores["points"],
    }
    loaded = {
        "members": dataset.members,
        "courses": dataset.courses,
        "scores": dataset.scores,
        "points in all": dataset.points,
    }
    differences = [
        f"{found[what]} {what}, loaded were {loaded[what]}" for what in loaded if found[what] != loaded[what]
    ]
    if differences:
        raise NotAsLoadedError(f"the database holds {'; '.join(differences)}; run: manage.py prepare")
