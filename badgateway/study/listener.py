"""What a study tells whoever watches it."""

from typing import Protocol

from badgateway.load.progress import Progress
from badgateway.model.outlook import Outlook
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import Trial


class Listener(Protocol):
    """Watches a study; a display on a terminal, plain lines elsewhere."""

    def busy_with(self, what: str) -> None:
        """Something that takes seconds begins, before the first trial or after the last."""

    def outlook(self, outlook: Outlook) -> None:
        """Where the run is; told before each trial."""

    def trial_starting(self, trial: Trial) -> None:
        """A trial begins: its servers are started."""

    def trial_progress(self, progress: Progress) -> None:
        """About twice a second while the load of the trial runs."""

    def trial_ended(self, summary: TrialSummary) -> None:
        """The trial is over, kept and judged on its own."""
