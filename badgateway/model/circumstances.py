"""Under what circumstances a run was begun: what was known before it, and how quiet its machine was."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """A run of the same name in the same results folder, of which a trial had ended."""

    started: str
    """UTC, ISO 8601, or the name of its folder where its manifest cannot be read."""
    experiment_digest: str
    """Of its experiment file; empty when it is not known."""
    differences: tuple[str, ...]
    """In objective, load and margin, one clause each; empty when it asked the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a reader should know of the moment at which a run was begun."""

    experiment_digest: str
    """SHA-256 of the experiment file, in hexadecimal."""
    earlier: tuple[EarlierRun, ...]
    """In the order of their beginning."""
    busy: str = ""
    """Who kept the machine busy, in a clause; empty when it was quiet."""
