"""Keeps what a person did in Locust's web UI: counts it, finds its causes, and writes a page."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from badgateway import ledger
from badgateway.analysis.diagnosis import NOWHERE, diagnose_trial, lost_packets
from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError, ResultsError
from badgateway.logs import Source
from badgateway.model import raw as raw_files
from badgateway.model.diagnosis import Diagnosis
from badgateway.model.outcome import Outcome
from badgateway.model.places import Places
from badgateway.model.trial import Window
from badgateway.process.account import service_account
from badgateway.report.explanation.html_page import render_html
from badgateway.report.explanation.live_tables import by_hand_note
from badgateway.store.plain_file import PRIVATE, copy_plain, create_plain
from badgateway.store.writing import writing
from badgateway.study.local import demand_unchangeable

FOLDER = "by-hand"
"""Below results; its runs are no measurements, and no command compares them."""
PAGE = "report.html"
_LOGS = (raw_files.ACCESS_LOG, raw_files.ERROR_LOG, raw_files.SERVER_LOG)
_KEPT = (*_LOGS, raw_files.CLIENT_ROWS, raw_files.SAMPLES, raw_files.LOCUST_LOG)
# What was in flight at Ctrl-C is in the proxy's book alone, and failed for nobody.
_FORGET_IN_FLIGHT = f"DELETE FROM ledger WHERE outcome = '{Outcome.UNMATCHED}' AND name IS NULL"  # noqa: S608 # constants
_ALL = Window(start_s=0.0, end_s=1e12, drained_s=1e12)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What was done by hand, counted."""

    report: Path
    outcomes: Mapping[Outcome, int]
    diagnosis: Diagnosis


def keep_by_hand(raw: Path, results: Path, experiment: str, places: Places = NOWHERE) -> ByHand | None:
    """Count what was sent, and keep logs, rows and a page in results/by-hand/TIME-EXPERIMENT.

    Args:
        raw: What was written meanwhile.
        results: Where results are kept.
        experiment: Its name.
        places: Where its parts stood.

    Returns:
        What was kept; None when nothing was sent, and so nothing is.

    Raises:
        ResultsError: It cannot be written.
        ConfigurationError: Root would write where the servers' account can change the folder.
    """
    if not _has_rows(raw / raw_files.CLIENT_ROWS):
        return None
    outcomes, diagnosis = _counted(raw, places)
    demand_unchangeable(results, service_account())
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder = results / FOLDER / f"{stamp}-{experiment}"
    page = _page(raw, outcomes, diagnosis, experiment)
    with writing(folder):
        folder.mkdir(parents=True)
        for name in (name for name in _KEPT if (raw / name).is_file()):
            copy_plain(raw / name, folder / name, mode=PRIVATE)
        with create_plain(folder / PAGE) as file:
            file.write(page.encode())
    return ByHand(report=folder / PAGE, outcomes=outcomes, diagnosis=diagnosis)


def _has_rows(file: Path) -> bool:
    return file.is_file() and file.read_bytes().count(b"\n") > 1


def _counted(raw: Path, places: Places) -> tuple[dict[Outcome, int], Diagnosis]:
    try:
        built = ledger.build(raw, _ALL)
        built.connection.execute(_FORGET_IN_FLIGHT)
        found = Counter(dict(built.connection.execute("SELECT outcome, count(*) FROM ledger GROUP BY ALL").fetchall()))
        return {each: found[each] for each in Outcome if found[each]}, diagnose_trial(built, raw, lost_packets(places))
    except RawDataError as error:
        raise ResultsError(f"what was done by hand cannot be counted: {error}") from error


def _page(raw: Path, outcomes: Mapping[Outcome, int], diagnosis: Diagnosis, what: str) -> str:
    found = explain([Source(name=name, content=raw / name) for name in _LOGS if (raw / name).stat().st_size])
    note = by_hand_note(what, outcomes)
    return render_html(replace(found, diagnosis=diagnosis, notes=(note, *found.notes)))
