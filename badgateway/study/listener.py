"""What a study tells whoever watches it."""

from typing import Protocol

from badgateway.load.progress import Progress
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import Trial


class Listener(Protocol):
    """Watches a study; a display on a terminal, plain lines elsewhere."""

    def preparing(self, what: str) -> None:
        """Something that takes seconds begins, before the first trial."""

    def trial_starting(self, trial: Trial, total: int) -> None:
        """A trial begins: servers are started."""

    def trial_progress(self, trial: Trial, progress: Progress) -> None:
        """About twice a second while the load runs."""

    def trial_ended(self, summary: TrialSummary, total: int) -> None:
        """A trial is over, kept and judged on its own."""
