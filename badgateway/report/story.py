"""What a report tells beyond one verdict: the ladder, the distances, the connections, the exports, the confirmation."""

from dataclasses import dataclass

from badgateway.model.summary import StudySummary
from badgateway.report import connections, distances, ladder, routes
from badgateway.report.connections import Connections
from badgateway.report.distances import DistanceTable
from badgateway.report.ladder import LadderView
from badgateway.report.routes import Exports


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All of it; a study has the parts that it has data for."""

    confirmation: str
    """One sentence; empty when no pick was confirmed."""
    ladder: LadderView | None
    distances: tuple[DistanceTable, ...]
    connections: Connections | None
    exports: Exports | None


def build(study: StudySummary) -> Story:
    """Return the story of a study."""
    return Story(
        confirmation=study.confirmation.sentence if study.confirmation else "",
        ladder=ladder.build(study),
        distances=distances.build(study),
        connections=connections.build(study),
        exports=routes.build(study),
    )
