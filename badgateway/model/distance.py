"""How the order of configurations depends on their distance to the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceOrder:
    """The order at one distance."""

    distance_ms: float
    configurations: tuple[str, ...]
    """Best first: verdict, then failures, then the p95 of OK requests, then throughput."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceRanking:
    """One load level at all distances."""

    users: int
    orders: tuple[DistanceOrder, ...]
    """The nearest first."""
    sentence: str
    """Whether the order changes with the distance, and where."""
    left_out: tuple[str, ...]
    """Configurations that were to be measured at several of the distances, but were not at all of them."""
