"""The ranking at each distance to the database, as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from badgateway import numbers
from badgateway.model.study_summary import DistanceRanking, StudySummary
from badgateway.model.summary import LevelSummary
from badgateway.report.html import render
from badgateway.report.markdown import escaped
from badgateway.report.section import Object, Section
from badgateway.words import distances

_Levels = Mapping[tuple[str, float], LevelSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One configuration at one distance."""

    place: str
    moved: bool
    """Whether its place is another one than at the nearest distance."""
    failed: str
    p95: str
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceRow:
    """One configuration."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceTable:
    """One load level; the rows stand in the order of the nearest distance."""

    users: str
    distances: tuple[str, ...]
    sentence: str
    left_out: str
    """One sentence; empty when nothing is left out."""
    rows: tuple[DistanceRow, ...]


class DistancesSection(Section):
    """A ranking for each load level."""

    def html(self, study: StudySummary, /) -> str:
        """Return the tables."""
        view = build(study)
        return render("distances/distances.html.j2", view=view) if view else ""

    def markdown(self, study: StudySummary, /) -> str:
        """Return a sentence for each load level."""
        return "\n".join(f"- With {table.users}: {escaped(table.sentence)}" for table in build(study))

    def objects(self, study: StudySummary, /) -> Object:
        """Return the rankings."""
        return {"distance_rankings": [_object(ranking) for ranking in study.distance_rankings]}


def build(study: StudySummary) -> tuple[DistanceTable, ...]:
    """Return a table for each load level; none when no configuration has several distances."""
    return tuple(_table(ranking, study) for ranking in study.distance_rankings)


def _table(ranking: DistanceRanking, study: StudySummary) -> DistanceTable:
    levels = {
        (level.configuration, level.database_distance_ms): level
        for summary in study.configurations
        for level in (*summary.levels, *summary.distant_levels)
        if level.users == ranking.users
    }
    nearest = ranking.orders[0].configurations
    return DistanceTable(
        users=numbers.plural(ranking.users, "user"),
        distances=tuple(f"{order.distance_ms:g} ms" for order in ranking.orders),
        sentence=distances.sentence(ranking),
        left_out=_left_out(ranking.left_out),
        rows=tuple(DistanceRow(name=name, places=tuple(_places(name, ranking, levels))) for name in nearest),
    )


def _places(name: str, ranking: DistanceRanking, levels: _Levels) -> Iterator[Place]:
    nearest = ranking.orders[0].configurations.index(name)
    for order in ranking.orders:
        place = order.configurations.index(name)
        found = levels[name, order.distance_ms].measurement
        # Only levels that were measured are ranked.
        assert found is not None
        yield Place(
            place=str(place + 1),
            moved=place != nearest,
            failed=numbers.percent(found.failures.share),
            p95=numbers.milliseconds(found.latency.p95_ms) if found.latency else numbers.NO_DATA,
            rate=numbers.rate(found.throughput_rps),
        )


def _left_out(names: tuple[str, ...]) -> str:
    return f"Not measured at every one of these distances: {numbers.listed(names)}." if names else ""


def _object(found: DistanceRanking) -> Object:
    return {
        "users": found.users,
        "orders": [asdict(order) for order in found.orders],
        "sentence": distances.sentence(found),
        "left_out": found.left_out,
    }
