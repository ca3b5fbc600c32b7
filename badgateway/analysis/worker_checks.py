"""What a run's checks of its workers say: does one serve several waiting requests at once, and what held its loop."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from badgateway.analysis.loop import blocking_lines, watched
from badgateway.errors import RawDataError, without_folder
from badgateway.model.worker_checks import WorkerCheck, WorkerCheckPlan, WorkerChecks, WorkerVerdict
from badgateway.store.worker_checks_folder import WorkerChecksFolder

SIDE_BY_SIDE = 0.25
"""Up to this part of the way from one request's time to the sum of all is cooperative."""
ONE_BY_ONE = 0.75
"""From this part on it is blocking."""
LATE_MONKEY_PATCH = "DatabaseWrapper objects created in a thread"
KNOWN_LINES = (
    (LATE_MONKEY_PATCH, "late monkey-patch: gevent patched after Django was loaded; patch early"),
    ("Too many connections", "too many database connections"),
    ("Listen queue size is greater than the system max", "net.core.somaxconn there allows no such accept queue"),
)
"""What a server's log says of errors, and the name of it; the first that is found counts."""
TELLING = ("Error", "Exception", "DAMN", "CRITICAL")
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Requests that were sent all at once."""

    wall_ms: float
    statuses: Counter[int]
    """0 is no answer."""

    @property
    def is_clean(self) -> bool:
        """Whether every request was answered with 200."""
        return set(self.statuses) == {200}


def read_worker_checks(plan: WorkerCheckPlan | None, folder: WorkerChecksFolder) -> WorkerChecks | None:
    """Recompute what the checks found; None when there were none, or none of them had ended.

    Raises:
        ResultsError: A record is damaged.
    """
    proofs, trials, costs = folder.proofs(), folder.trials(), folder.costs()
    if plan is None or not (proofs or trials or costs):
        return None
    return WorkerChecks(
        proofs=tuple(judged_again(proof, raw) for raw, proof in proofs),
        connect_costs=costs or (),
        loops=tuple(watched(record, raw) for raw, record in trials),
        complete=len(proofs) == len(plan.pairs) and len(trials) == len(plan.trials) and costs is not None,
    )


def judged_again(proof: WorkerCheck, raw: Path) -> WorkerCheck:
    """Return a proof with all that follows from its numbers and its journal."""
    verdict = judge(proof.wall_ms, requests=proof.requests, wait_ms=proof.wait_ms)
    try:
        return replace(proof, verdict=verdict, blocked_by=blocking_lines(raw))
    except RawDataError as error:
        reason = without_folder(str(error), raw)
        return replace(proof, verdict=WorkerVerdict.ERRORS, wall_ms=None, reason=reason, blocked_by=())


def judge(wall_ms: float | None, *, requests: int, wait_ms: int) -> WorkerVerdict:
    """Classify by the total time; `wall_ms` is None if a request failed."""
    if wall_ms is None:
        return WorkerVerdict.ERRORS
    way = (wall_ms - wait_ms) / ((requests - 1) * wait_ms)
    if way <= SIDE_BY_SIDE:
        return WorkerVerdict.COOPERATIVE
    return WorkerVerdict.BLOCKING if way >= ONE_BY_ONE else WorkerVerdict.PARTIAL


def why(log: str) -> str:
    """Return the name of what a server's log says, with its line; or the last line that tells of an error."""
    named = known_line(log)
    if named:
        return named
    telling = [line for line in log.splitlines() if any(word in line for word in TELLING)]
    return _shown(telling[-1]) if telling else "the server's log says nothing of it"


def known_line(log: str) -> str:
    """Return the name of the first known line in a log, with the line; empty when there is none."""
    for text, name in KNOWN_LINES:
        line = next((line for line in log.splitlines() if text in line), None)
        if line is not None:
            return f"{name}: {_shown(line)}"
    return ""


def _shown(line: str) -> str:
    return line.strip()[:SHOWN_CHARACTERS]
