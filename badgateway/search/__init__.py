"""Which trial runs next, decided from those that ended; pure, so a resumed study goes on as it would have."""

from badgateway.search.budget import fit, forecast
from badgateway.search.next_trials import conclude, next_trials
from badgateway.search.trial_log import ATTEMPTS

__all__ = ["ATTEMPTS", "conclude", "fit", "forecast", "next_trials"]
