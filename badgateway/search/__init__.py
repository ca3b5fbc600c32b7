"""Which trial runs next, decided from those that ended; pure, so a resumed study goes on as it would have."""

from badgateway.search.book import ATTEMPTS
from badgateway.search.budget import Forecast, fit, forecast
from badgateway.search.conclusion import conclude
from badgateway.search.next_trials import next_trials

__all__ = ["ATTEMPTS", "Forecast", "conclude", "fit", "forecast", "next_trials"]
