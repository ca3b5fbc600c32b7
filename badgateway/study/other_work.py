"""Puts the trials of a run side by side: where the database did other work in one, its evidence says so."""

import dataclasses
from collections.abc import Sequence

from badgateway.judge.database_work import Seen, other_work
from badgateway.judge.evidence import TrialEvidence
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Disturbance
from badgateway.study.contest import Kept


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


def side_by_side(experiment: Experiment, kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """Return the trials as they stand beside each other, in their order.

    A record on disk does not have this disturbance: which trials are the odd ones may change with each that ends.
    """
    found = other_work(experiment, [seen_of(evidence) for _, evidence in kept])
    return tuple((raw, with_disturbance(evidence, found.get(place))) for place, (raw, evidence) in enumerate(kept))
