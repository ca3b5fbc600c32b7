"""What the engine tells the recorder, by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROWS = "BADGATEWAY_ROWS"
CLIENT_TIMEOUT = "BADGATEWAY_CLIENT_TIMEOUT_S"
RUN_TIME = "BADGATEWAY_RUN_TIME_S"
SEED = "BADGATEWAY_SEED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the recorder works; the defaults serve a Locust file that somebody runs by hand."""

    rows: Path | None = None
    """Folder of client.csv and client-events.json; None records nothing."""
    client_timeout_s: float = 60
    """Limit of a whole request, from connecting to the last byte."""
    run_time_s: float | None = None
    """When the users stop, from test_start; None leaves it to Locust's --run-time, which knows whole seconds only."""
    seed: int = 1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables that are there; ValueError when one is not a number."""
        rows, run_time = environment.get(ROWS), environment.get(RUN_TIME)
        return cls(
            rows=Path(rows) if rows else None,
            client_timeout_s=float(environment.get(CLIENT_TIMEOUT, cls().client_timeout_s)),
            run_time_s=float(run_time) if run_time else None,
            seed=int(environment.get(SEED, cls().seed)),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that from_environment reads back to the same settings."""
        variables = {CLIENT_TIMEOUT: repr(self.client_timeout_s), SEED: str(self.seed)}
        if self.rows is not None:
            variables[ROWS] = str(self.rows)
        if self.run_time_s is not None:
            variables[RUN_TIME] = repr(self.run_time_s)
        return variables
