"""The ranking at each value of an axis, as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from badgateway import numbers
from badgateway.model.axis import DATABASE_DISTANCE, At, Axis, moved, value_on
from badgateway.model.configuration import Configuration
from badgateway.model.run_summary import AxisRanking, RunSummary
from badgateway.model.summary import LevelSummary
from badgateway.report.html import render
from badgateway.report.markdown import escaped
from badgateway.report.section import Object, Section
from badgateway.words import axes

_Levels = Mapping[tuple[str, float], LevelSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One configuration at one value of the axis."""

    place: str
    moved: bool
    """Whether its place is another one than at the least value."""
    failed: str
    p95: str
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisRow:
    """One configuration."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisTable:
    """One axis at one load level; the rows stand in the order at the least value."""

    name: str
    """Of the axis."""
    how: str
    """One sentence."""
    users: str
    values: tuple[str, ...]
    sentence: str
    left_out: str
    """One sentence; empty when nothing is left out."""
    rows: tuple[AxisRow, ...]


class AxesSection(Section):
    """A ranking for each axis and load level."""

    def html(self, run: RunSummary, /) -> str:
        """Return the tables."""
        view = build(run)
        return render("axes/axes.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return a sentence for each load level."""
        return "\n".join(f"- With {table.users}: {escaped(table.sentence)}" for table in build(run))

    def objects(self, run: RunSummary, /) -> Object:
        """Return the rankings."""
        found = run.axis_rankings
        return {
            "axis_rankings": [_object(ranking) for ranking in found],
            # Its name before, for one release.
            "distance_rankings": [_of_distances(one) for one in found if one.axis is DATABASE_DISTANCE],
        }


def build(run: RunSummary) -> tuple[AxisTable, ...]:
    """Return a table for each axis and load level; none when no configuration has several values."""
    return tuple(_table(ranking, run) for ranking in run.axis_rankings)


def _table(ranking: AxisRanking, run: RunSummary) -> AxisTable:
    levels = {
        (level.configuration, value_on(ranking.axis, level.at)): level
        for summary in run.configurations
        for level in (*summary.levels, *summary.distant_levels)
        if level.users == ranking.users and _is_on(ranking.axis, level.at, summary.configuration)
    }
    least = ranking.orders[0].configurations
    return AxisTable(
        name=ranking.axis.short,
        how=ranking.axis.how,
        users=numbers.plural(ranking.users, "user"),
        values=tuple(ranking.axis.shown(order.value) for order in ranking.orders),
        sentence=axes.sentence(ranking),
        left_out=_left_out(ranking.left_out),
        rows=tuple(AxisRow(name=name, places=tuple(_places(name, ranking, levels))) for name in least),
    )


def _is_on(axis: Axis, at: At, configuration: Configuration) -> bool:
    """Tell whether it has its first value on all other axes."""
    usual, *_ = configuration.measured_at
    return at == moved(axis, usual, value_on(axis, at))


def _places(name: str, ranking: AxisRanking, levels: _Levels) -> Iterator[Place]:
    least = ranking.orders[0].configurations.index(name)
    for order in ranking.orders:
        place = order.configurations.index(name)
        found = levels[name, order.value].measurement
        # Only levels that were measured are ranked.
        assert found is not None
        yield Place(
            place=str(place + 1),
            moved=place != least,
            failed=numbers.percent(found.failures.share),
            p95=numbers.milliseconds(found.latency.p95_ms) if found.latency else numbers.NO_DATA,
            rate=numbers.rate(found.throughput_rps),
        )


def _left_out(names: tuple[str, ...]) -> str:
    return f"Not measured at every one of these values: {numbers.listed(names)}." if names else ""


def _object(found: AxisRanking) -> Object:
    return {
        "axis": found.axis.key,
        "users": found.users,
        "orders": [asdict(order) for order in found.orders],
        "sentence": axes.sentence(found),
        "left_out": found.left_out,
    }


def _of_distances(found: AxisRanking) -> Object:
    orders = [{"distance_ms": order.value, "configurations": order.configurations} for order in found.orders]
    return {key: value for key, value in _object(found).items() if key != "axis"} | {"orders": orders}
