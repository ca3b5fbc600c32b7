"""Tells whether a site that shows no settings was seen to use the database that a run gave it."""

import csv
from collections.abc import Iterable
from pathlib import Path

from badgateway.ledger.observed import observed_settings
from badgateway.model import raw as raw_files
from badgateway.model.raw_words import SampleSeries

_SERIES = (SampleSeries.DB_CONNECTIONS, SampleSeries.DB_CONNECTS)
LEAST_LOOKS = 3
"""With fewer, nobody has looked long enough to say that there was none."""


def never_connected(raw: Path) -> bool:
    """Tell of a trial's raw folder whether its site used another database than the run's, or none.

    A site with Django's settings has shown them, so what it connects to is known, and it may well not do so. Where
    there are no samples nothing is told.
    """
    if observed_settings(_journal(raw)).get("engine"):
        return False
    seen = _values(raw / raw_files.SAMPLES)
    return len(seen) >= LEAST_LOOKS * len(_SERIES) and not any(seen)


def _journal(raw: Path) -> bytes:
    try:
        return (raw / raw_files.JOURNAL).read_bytes()
    except FileNotFoundError:
        return b""


def _values(samples: Path) -> list[float]:
    try:
        with samples.open(newline="", encoding="utf-8") as file:
            return list(_of_database(csv.DictReader(file)))
    except FileNotFoundError:
        return []


def _of_database(rows: Iterable[dict[str, str]]) -> Iterable[float]:
    return (float(row["value"]) for row in rows if row["series"] in _SERIES and row["value"])
