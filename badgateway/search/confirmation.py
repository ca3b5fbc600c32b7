"""The trial after the fixed schedule: the picked configuration once more, at a rate, in an open loop."""

import random
from collections.abc import Callable

from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.judge.verdicts import why_invalid
from badgateway.model.axis import keys_of
from badgateway.model.design import Purpose
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial
from badgateway.search.trial_log import ATTEMPTS


class Confirmation:
    """Due when the experiment declares one and picked a configuration, until a trial of it is valid."""

    def __init__(self, experiment: Experiment, picked: Callable[[], str | None]) -> None:
        """Come after the scheduled trials; the pick is asked for when they have ended."""
        self._experiment = experiment
        self._picked = picked
        self._attempts = 0
        self._is_over = experiment.confirmation is None
        self._trial: Trial | None = None

    def next_trial(self, position: int) -> Trial | None:
        """Return the next attempt, for that place in the order.

        None when there is nothing to confirm, or it was done or tried too often.
        """
        if self._is_over or self._attempts >= ATTEMPTS:
            return None
        if self._trial is None:
            name = self._picked()
            self._is_over = name is None
            self._trial = self._attempt(name, position) if name else None
        return self._trial

    def ended(self, evidence: TrialEvidence) -> None:
        """Take note of an attempt."""
        self._attempts += 1
        self._trial = None
        self._is_over = self._is_over or why_invalid(evidence) is None

    def _attempt(self, name: str, position: int) -> Trial:
        declared = self._experiment.confirmation
        assert declared is not None
        return Trial(
            block=1,
            position=position,
            configuration=name,
            rate_per_s=declared.rate_per_s,
            seed=random.Random(f"{self._experiment.seed}/confirm").randrange(2**31),  # noqa: S311 # repeatable on purpose
            **keys_of(self._experiment.configuration(name).measured_at[0]),
            purpose=Purpose.CONFIRM,
            attempt=self._attempts + 1,
            window_s=declared.window_s,
        )
