"""How a member's scores are summed up, the same for every view and export."""

from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Aggregate, Avg, Count, Max, QuerySet

from school.models import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """One member's scores; of no scores there is no average, best or last."""

    score_count: int
    average_points: float | None
    best_points: int | None
    last_taken_on: date | None


def score_aggregates(path: str = "") -> dict[str, Aggregate]:
    """Return what makes each field of a summary; path leads to the scores."""
    return {
        "score_count": Count(f"{path}id"),
        "average_points": Avg(f"{path}points"),
        "best_points": Max(f"{path}points"),
        "last_taken_on": Max(f"{path}taken_on"),
    }


def members_with_scores() -> QuerySet[Member]:
    """Return the query of all members, in order, each with what summary_of reads."""
    return Member.objects.annotate(**score_aggregates("scores__")).order_by("id")


def summary_of(member: Member) -> ScoreSummary:
    """Return the summary of a member of members_with_scores; it asks the database nothing more."""
    return ScoreSummary(**{field.name: getattr(member, field.name) for field in fields(ScoreSummary)})
