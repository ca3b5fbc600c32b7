"""Estimates how much of an experiment is done and how long the rest takes."""

import time
from collections.abc import Callable

NEARLY_DONE = 0.95
"""A trial that takes longer than the others is not done before it has ended."""


class Pace:
    """Goes by the trials that have ended, and by the plan until the first one has."""

    def __init__(
        self, trials: int, expected_s: float, clock: Callable[[], float] = time.monotonic, *, afterwards_s: float = 0.0
    ) -> None:
        """Expect so many trials that take expected_s seconds together, and something that takes time after them."""
        self._trials = trials
        self._expected_trial_s = expected_s / trials
        self._clock = clock
        self._afterwards_s = afterwards_s
        self._trials_share = expected_s / (expected_s + afterwards_s)
        self._over_s: float | None = None
        self._ended = 0
        self._spent_s = 0.0
        self._started_s: float | None = None
        self._most_done = 0.0

    def expect(self, trials: int) -> None:
        """Note that there will be so many: one that is INVALID is run again."""
        self._trials = trials
        self._over_s = None

    def trial_started(self) -> None:
        """Note that a trial begins now."""
        self._started_s = self._clock()

    def trial_ended(self) -> None:
        """Note that the trial in flight ends now."""
        self._spent_s += self._in_trial_s()
        self._ended += 1
        self._started_s = None
        if self._ended == self._trials:
            self._over_s = self._clock()

    def left_s(self) -> float:
        """Return the seconds until all is over."""
        return self._trials_left_s() + max(self._afterwards_s - self._after_trials_s(), 0)

    def _trials_left_s(self) -> float:
        waiting = self._trials - self._ended
        if self._started_s is None:
            return waiting * self._trial_s()
        return max(self._trial_s() - self._in_trial_s(), 0) + max(waiting - 1, 0) * self._trial_s()

    def share_done(self) -> float:
        """Return how much of the experiment is done, between 0 and 1; it never goes back."""
        in_trial = min(self._in_trial_s() / self._trial_s(), NEARLY_DONE)
        self._most_done = max(self._most_done, min((self._ended + in_trial) / self._trials, 1.0))
        trials = self._most_done
        if not self._afterwards_s:
            return trials
        after = min(self._after_trials_s() / self._afterwards_s, NEARLY_DONE)
        return trials * self._trials_share + after * (1 - self._trials_share)

    def _trial_s(self) -> float:
        return self._spent_s / self._ended if self._spent_s else self._expected_trial_s

    def _in_trial_s(self) -> float:
        return 0.0 if self._started_s is None else self._clock() - self._started_s

    def _after_trials_s(self) -> float:
        return 0.0 if self._over_s is None else self._clock() - self._over_s


class StudyPace:
    """Goes by what a study says before each trial: how much is left depends on who is still in the race."""

    def __init__(self, expected_s: float, clock: Callable[[], float] = time.monotonic, *, afterwards_s: float) -> None:
        """Expect so many seconds of trials, and something that takes time after them."""
        self._clock = clock
        self._left_s = expected_s
        self._afterwards_s = afterwards_s
        self._spent_s = 0.0
        self._since_s = clock()

    def expect(self, left_s: float) -> None:
        """Note that the trials take so long from now on."""
        self._spent_s += self._clock() - self._since_s
        self._since_s = self._clock()
        self._left_s = left_s

    def trial_started(self) -> None:
        """Nothing to note: expect() was called just before."""

    def trial_ended(self) -> None:
        """Nothing to note: expect() will be called before the next."""

    def left_s(self) -> float:
        """Return the seconds until all is over."""
        return max(self._left_s - (self._clock() - self._since_s), 0) + self._afterwards_s

    def share_done(self) -> float:
        """Return how much of the time has gone by, between 0 and 1."""
        spent_s = self._spent_s + self._clock() - self._since_s
        return spent_s / (spent_s + self.left_s()) if spent_s else 0.0
