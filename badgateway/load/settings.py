"""What the engine tells the recorder, by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from badgateway.load.restraint import Restraint
from badgateway.model.experiment import ArrivalKind
from badgateway.plan.overrides import EACH_TASK_ONCE

ROWS = "BADGATEWAY_ROWS"
CLIENT_TIMEOUT = "BADGATEWAY_CLIENT_TIMEOUT_S"
RUN_TIME = "BADGATEWAY_RUN_TIME_S"
WARM_UP = "BADGATEWAY_WARM_UP_S"
SEED = "BADGATEWAY_SEED"
RATE = "BADGATEWAY_RATE_PER_S"
ARRIVALS = "BADGATEWAY_ARRIVALS"
MAX_IN_FLIGHT = "BADGATEWAY_MAX_IN_FLIGHT"
SITE = "BADGATEWAY_SITE"
RESTRAINT = "BADGATEWAY_RESTRAINT"
SESSIONS = "BADGATEWAY_SESSIONS"
"""The path of a file with the sessions that users begin with; not set: they begin as strangers."""
CLOCK_AHEAD = "BADGATEWAY_CLOCK_AHEAD_S"
"""How far this machine's clock is ahead of that of the run; not set: it is the run's own."""
UI_TOKEN = "BADGATEWAY_UI_TOKEN"  # noqa: S105 # its name, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the recorder works; the defaults serve a Locust file that somebody runs by hand."""

    rows: Path | None = None
    """Folder of client.csv and client-events.json; None records nothing."""
    client_timeout_s: float = 60
    """Limit of a whole request, from connecting to the last byte."""
    run_time_s: float | None = None
    """When the users stop, from test_start; None leaves it to Locust's --run-time, which knows whole seconds only."""
    warm_up_s: float = 0
    """From test_start; arrivals due in it are not counted."""
    seed: int = 1
    rate_per_s: float = 0
    """Arrivals of an open loop per second; 0 is a closed loop."""
    arrivals: ArrivalKind = ArrivalKind.POISSON
    max_in_flight: int = 2000
    """Requests of an open loop that may be unanswered at a time, over all processes."""
    each_task_once: bool = False
    """Whether recorded users begin with each of their tasks once, without pauses."""
    site: str = ""
    """Address of the site as its users know it, such as https://www.example.org; empty: that of the proxy."""
    ui_token: str = ""
    """What a browser must know to use Locust's web UI; empty leaves it to anyone."""
    restraint: Restraint | None = None
    """What is kept to on a site that already runs; None: it is the run's own."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables that are there; ValueError when one is not what it should be."""
        rows, run_time = environment.get(ROWS), environment.get(RUN_TIME)
        return cls(
            rows=Path(rows) if rows else None,
            client_timeout_s=float(environment.get(CLIENT_TIMEOUT, cls().client_timeout_s)),
            run_time_s=float(run_time) if run_time else None,
            warm_up_s=float(environment.get(WARM_UP, cls().warm_up_s)),
            seed=int(environment.get(SEED, cls().seed)),
            rate_per_s=float(environment.get(RATE, cls().rate_per_s)),
            arrivals=ArrivalKind(environment.get(ARRIVALS, cls().arrivals)),
            max_in_flight=int(environment.get(MAX_IN_FLIGHT, cls().max_in_flight)),
            each_task_once=environment.get(EACH_TASK_ONCE) == "1",
            site=environment.get(SITE, ""),
            ui_token=environment.get(UI_TOKEN, ""),
            restraint=Restraint.from_text(environment[RESTRAINT]) if environment.get(RESTRAINT) else None,
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that from_environment reads back to the same settings."""
        variables = {
            CLIENT_TIMEOUT: repr(self.client_timeout_s),
            WARM_UP: repr(self.warm_up_s),
            SEED: str(self.seed),
            RATE: repr(self.rate_per_s),
            ARRIVALS: self.arrivals.value,
            MAX_IN_FLIGHT: str(self.max_in_flight),
        }
        if self.rows is not None:
            variables[ROWS] = str(self.rows)
        if self.each_task_once:
            variables[EACH_TASK_ONCE] = "1"
        if self.site:
            variables[SITE] = self.site
        if self.ui_token:
            variables[UI_TOKEN] = self.ui_token
        if self.restraint is not None:
            variables[RESTRAINT] = self.restraint.to_text()
        if self.run_time_s is not None:
            variables[RUN_TIME] = repr(self.run_time_s)
        return variables
