"""Brings the logs of a site that already runs once more: what was not to be had when a trial ended."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.model import raw as raw_files
from badgateway.model.running_site import RunningSite
from badgateway.model.site_log import SiteLog, read_site_logs, write_site_logs
from badgateway.process.interruption import held
from badgateway.stack.site_logs import SiteLogs
from badgateway.store.packed import unpacked
from badgateway.store.run_folder import RunFolder
from badgateway.store.temporary_folder import temporary_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of one log of one trial."""

    trial: str
    log: str
    requests: int
    """Of the trial, that it tells of by their id now."""
    before: int
    problem: str
    """Of what is kept."""


def collect(folder: RunFolder, root: Path) -> Iterator[Collected]:
    """Bring the logs of all trials of a run, keep what tells more than what is there, and say what came.

    Args:
        folder: The run; the caller holds its lock.
        root: Where the paths of logs start, and commands are run.

    Raises:
        ConfigurationError: The run started its servers itself, or a log cannot be read.
        ResultsError: The run's folder cannot be read or written.
    """
    target = folder.manifest().experiment.target
    if target is None:
        raise ConfigurationError(
            f"{folder.path}: started its servers itself, and has their logs; collect is for a site that already runs"
        )
    with temporary_folder() as place:
        for trial in folder.trial_folders():
            if (trial / raw_files.SITE_LOGS).is_file() and not folder.damages(trial):
                yield from _collect(folder, trial, target, root, place / trial.name)


def _collect(folder: RunFolder, trial: Path, target: RunningSite, root: Path, place: Path) -> Iterator[Collected]:
    place.mkdir()
    ids = _request_ids(trial)
    kept = read_site_logs(trial)
    with closing(SiteLogs(target.logs, root, since_s=folder.record(trial).started_s)) as logs:
        logs.bring(place, ())
    listed: list[SiteLog] = []
    for before, now in zip(kept, read_site_logs(place), strict=True):
        counts = _known(trial, before, ids), _known(place, now, ids)
        is_better = counts[1] > counts[0] or bool(before.problem and not now.problem)
        if not is_better and now.file:
            (place / now.file).unlink()
        listed.append(now if is_better else before)
        problem = listed[-1].problem
        yield Collected(trial=trial.name, log=now.told_as, requests=max(counts), before=counts[0], problem=problem)
    write_site_logs(place, tuple(listed))
    with held():
        folder.replace_files(trial, place)


def _request_ids(trial: Path) -> set[bytes]:
    with unpacked(trial) as folder, (folder / raw_files.CLIENT_ROWS).open(newline="", encoding="utf-8") as file:
        return {row["request_id"].encode() for row in csv.DictReader(file)}


def _known(folder: Path, log: SiteLog, ids: set[bytes]) -> int:
    if not log.file:
        return 0
    # A balancer's trace has the same digits without the hyphen, and zeros before the number.
    pattern = re.compile(rb"([0-9a-f]{8})(?:-|0+)([0-9]{1,12})")
    found = pattern.findall(_unpacked(folder / log.file))
    return len(ids & {token + b"-" + number for token, number in found})


def _unpacked(log: Path) -> bytes:
    """Return what stands in a log, of one that was brought as gzip too."""
    with suppress(EOFError, gzip.BadGzipFile, zlib.error), gzip.open(log) as file:
        return file.read()
    return log.read_bytes()
