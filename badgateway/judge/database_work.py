"""Notices trials in which the database did other work than in the rest: another plan, other data, or a recount.

What is compared has to be the same work. The rows read for a SELECT are: a site's statements and data do not depend on
the server in front of it, nor on the load. Where a configuration asks for other statements, as with a cache in each
process, the SELECTs a request differ too, and nothing is said. The database's CPU is compared only between trials of
one configuration at one load, for what connections cost it depends on both.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from statistics import median

from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.experiment import Experiment
from badgateway.model.samples import DatabaseWork
from badgateway.model.trial import Disturbance, OtherWork, Trial, WorkMeasure

LEAST_SELECTS = 200
"""With fewer, which pages were asked for is chance."""
SAME_STATEMENTS = 1.25
"""Factor within which SELECTs a request are those of the same statements."""
MOST_ROWS_FACTOR = 3.0
"""Between the rows that a trial reads for a SELECT and those that are usual; in ordinary trials it was 1.2."""
NOISES = 4.0
"""Standard errors that come on top: where one request reads most of the rows, how many of it were made is chance."""
MOST_CPU_FACTOR = 3.0
LEAST_CPU_CORES = 0.2
"""By which the CPU must differ besides: of a database with little to do the ticks of the kernel are a large part."""
LEAST_CPU_PEERS = 3

Seen = tuple[Trial, DatabaseWork | None]
"""A trial, and what its samples say of the database; None when they say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    place: int
    trial: Trial
    work: DatabaseWork


def other_work(experiment: Experiment, seen: Sequence[Seen]) -> Mapping[int, OtherWork]:
    """Return, by their places in `seen`, the trials whose database did not do the work that it did in the others.

    What is usual is the median, so of two trials that differ neither is trusted, and of more the few.
    """
    groups: dict[object, list[_Counted]] = {}
    for place, (trial, work) in enumerate(seen):
        if work is not None and work.selects >= LEAST_SELECTS:
            counted = _Counted(place=place, trial=trial, work=work)
            # Settings of a configuration's own may change what the site asks of its database.
            settings = sorted(experiment.configuration(trial.configuration).environment.items())
            groups.setdefault(tuple(settings), []).append(counted)
    found: dict[int, OtherWork] = {}
    for group in groups.values():
        found |= {one.place: what for one in group if (what := _other_rows(one, group)) is not None}
        found |= {one.place: what for one in group if one.place not in found and (what := _other_cpu(one, group))}
    return found


def seen_of(evidence: TrialEvidence) -> Seen:
    """Return what of a trial is compared with the others."""
    return evidence.record.trial, evidence.database_work


def with_disturbance(evidence: TrialEvidence, found: Disturbance | None) -> TrialEvidence:
    """Return a trial's evidence with one disturbance more, behind those that were seen while it ran."""
    if found is None:
        return evidence
    record = evidence.record
    disturbances = (*record.disturbances, found)
    return dataclasses.replace(evidence, record=dataclasses.replace(record, disturbances=disturbances))


def side_by_side(experiment: Experiment, kept: Sequence[TrialEvidence]) -> tuple[TrialEvidence, ...]:
    """Return the trials as they stand beside each other, in their order.

    A record on disk does not have this disturbance: which trials are the odd ones may change with each that ends.
    """
    found = other_work(experiment, [seen_of(evidence) for evidence in kept])
    return tuple(with_disturbance(evidence, found.get(place)) for place, evidence in enumerate(kept))


def _other_rows(one: _Counted, group: Sequence[_Counted]) -> OtherWork | None:
    asked = one.work.selects_per_request
    peers = [peer for peer in group if _factor(peer.work.selects_per_request, asked) <= SAME_STATEMENTS]
    if len(peers) < 2:
        return None
    usual = _median(peer.work.rows_per_select for peer in peers)
    noise = median(peer.work.rows_noise for peer in peers)
    if log(_factor(one.work.rows_per_select, usual)) <= log(MOST_ROWS_FACTOR) + NOISES * noise:
        return None
    found = one.work.rows_per_select
    return OtherWork(measure=WorkMeasure.ROWS, found=found, usual=usual, trials=len(peers))


def _other_cpu(one: _Counted, group: Sequence[_Counted]) -> OtherWork | None:
    peers = [peer for peer in group if peer.work.cpu_s > 0 and _is_same_load(peer.trial, one.trial)]
    if len(peers) < LEAST_CPU_PEERS or one not in peers:
        return None
    usual_ms = _median(peer.work.cpu_ms_per_select for peer in peers)
    more_s = abs(one.work.cpu_s - usual_ms / 1000 * one.work.selects)
    if _factor(one.work.cpu_ms_per_select, usual_ms) <= MOST_CPU_FACTOR or more_s < LEAST_CPU_CORES * one.work.span_s:
        return None
    found_ms = one.work.cpu_ms_per_select
    return OtherWork(measure=WorkMeasure.CPU_MS, found=found_ms, usual=usual_ms, trials=len(peers))


def _is_same_load(trial: Trial, other: Trial) -> bool:
    return (
        trial.configuration == other.configuration
        and (trial.users, trial.rate_per_s) == (other.users, other.rate_per_s)
        and trial.at == other.at
    )


def _median(values: Iterator[float]) -> float:
    # Of factors: the middle of 1 and 100 is 10.
    return exp(median(log(value) for value in values))


def _factor(value: float, other: float) -> float:
    """Return by which factor two numbers differ, whichever is the larger."""
    return max(value / other, other / value) if value > 0 and other > 0 else inf
