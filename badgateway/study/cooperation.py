"""Proves, for each server file and driver of an experiment, whether one worker's requests wait side by side."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from badgateway.databases.registry import database_of
from badgateway.errors import DeploymentError, RawDataError
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.cooperation import Cooperation, CooperationProof, CooperationReport
from badgateway.model.experiment import Experiment
from badgateway.plan.diagnosis import REQUESTS, lone_workers
from badgateway.process.interruption import unwinding_on_signals
from badgateway.stack.deployment import deploy
from badgateway.stack.health import REQUEST_ID_PREFIX
from badgateway.study.bench import Bench, set_up
from badgateway.study.connect_costs import connect_costs
from badgateway.study.endings import first_line, without_folder
from badgateway.study.listener import Listener
from badgateway.study.loop import blocking_lines

WAIT_MS = 200
ROUNDS = 2
READY_DEADLINE_S = 10.0
"""Shorter than for a trial: one worker that is not there by then, such as one patched too late, never will be."""
TARGET = "/wait/?db_ms={wait_ms}"
SIDE_BY_SIDE = 0.25
"""Up to this part of the way from one request's time to the sum of all is cooperative."""
ONE_BY_ONE = 0.75
"""From this part on it is blocking."""
PATIENT = Timeouts(app_s=20, proxy_connect_s=5, proxy_read_s=25, client_s=30)
"""A server that takes its requests one by one is slow here, and must not be killed for it."""
LATE_MONKEY_PATCH = "DatabaseWrapper objects created in a thread"
KNOWN_LINES = (
    (LATE_MONKEY_PATCH, "late monkey-patch: gevent patched after Django was loaded; patch early"),
    ("Too many connections", "too many database connections"),
)
"""What a server's log says of errors, and the name of it; the first that is found counts."""
NOT_FOUND = 404
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


def prove(experiment: Experiment, root: Path, listener: Listener) -> CooperationReport:
    """Deploy every server file of the experiment with every driver of it, one worker each, and send requests at once.

    Raises:
        DeploymentError: The database did not come up or did not stay up; a server that does not is a proof with errors.
        KeyboardInterrupt: The user stopped it; nothing is left running.
    """
    with unwinding_on_signals():
        listener.busy_with(f"starting {database_of(experiment).label} and loading the data")
        with set_up(experiment, root) as bench:
            proofs = []
            for configuration in lone_workers(experiment):
                listener.busy_with(f"{REQUESTS} requests at once: {configuration.server}, {configuration.driver}")
                proofs.append(prove_one(configuration, bench))
                bench.check()
            listener.busy_with("measuring what a database connect costs")
            return CooperationReport(
                experiment=experiment.name, proofs=tuple(proofs), connect_costs=connect_costs(bench)
            )


def prove_one(
    configuration: Configuration, bench: Bench, *, requests: int = REQUESTS, wait_ms: int = WAIT_MS
) -> CooperationProof:
    """Deploy a configuration as it is, send its requests in a few rounds, and judge."""
    raw = bench.raw_folder(f"cooperation-{configuration.name}")
    return prove_into(raw, configuration, bench, requests=requests, wait_ms=wait_ms)


def prove_into(
    raw: Path, configuration: Configuration, bench: Bench, *, requests: int = REQUESTS, wait_ms: int = WAIT_MS
) -> CooperationProof:
    """Do the same into an empty folder that the servers can write to, and leave their logs there."""
    try:
        rounds = _rounds(configuration, bench, raw, requests=requests, wait_ms=wait_ms)
        reason = "" if all(found.is_clean for found in rounds) else _why(rounds, raw)
    except DeploymentError as error:
        rounds, reason = (), f"did not come up: {_named(str(error)) or first_line(str(error))}"
    statuses = sum((found.statuses for found in rounds), Counter[int]())
    wall_ms = None if reason else min(found.wall_ms for found in rounds)
    proof = CooperationProof(
        server=str(configuration.server),
        driver=configuration.driver,
        threads=configuration.threads,
        greenlets=configuration.greenlets,
        requests=requests,
        wait_ms=wait_ms,
        verdict=judge(wall_ms, requests=requests, wait_ms=wait_ms),
        wall_ms=wall_ms,
        statuses=tuple(statuses.most_common()),
        reason=reason,
    )
    return judged_again(proof, raw)


def judged_again(proof: CooperationProof, raw: Path) -> CooperationProof:
    """Return a proof with all that follows from its numbers and its journal."""
    verdict = judge(proof.wall_ms, requests=proof.requests, wait_ms=proof.wait_ms)
    try:
        return replace(proof, verdict=verdict, blocked_by=blocking_lines(raw))
    except RawDataError as error:
        reason = without_folder(str(error), raw)
        return replace(proof, verdict=Cooperation.ERRORS, wall_ms=None, reason=reason, blocked_by=())


def judge(wall_ms: float | None, *, requests: int, wait_ms: int) -> Cooperation:
    """Tell by how long the requests took together; None is that some of them failed."""
    if wall_ms is None:
        return Cooperation.ERRORS
    way = (wall_ms - wait_ms) / ((requests - 1) * wait_ms)
    if way <= SIDE_BY_SIDE:
        return Cooperation.COOPERATIVE
    return Cooperation.BLOCKING if way >= ONE_BY_ONE else Cooperation.PARTIAL


def _why(rounds: tuple[Round, ...], raw: Path) -> str:
    # An application of the user's own need not have the page.
    if all(set(found.statuses) == {NOT_FOUND} for found in rounds):
        return f"the application has no page {TARGET.partition('?')[0]} that waits for the database"
    return why(_log(raw))


def why(log: str) -> str:
    """Return the name of what a server's log says, with its line; or the last line that tells of an error."""
    named = _named(log)
    if named:
        return named
    telling = [line for line in log.splitlines() if any(word in line for word in TELLING)]
    return _shown(telling[-1]) if telling else "the server's log says nothing of it"


def _named(log: str) -> str:
    for text, name in KNOWN_LINES:
        line = next((line for line in log.splitlines() if text in line), None)
        if line is not None:
            return f"{name}: {_shown(line)}"
    return ""


def _shown(line: str) -> str:
    return line.strip()[:SHOWN_CHARACTERS]


def _log(raw: Path) -> str:
    return (raw / raw_files.SERVER_LOG).read_text(encoding="utf-8", errors="replace")


def _rounds(configuration: Configuration, bench: Bench, raw: Path, *, requests: int, wait_ms: int) -> tuple[Round, ...]:
    with deploy(
        bench.experiment.model_copy(update={"timeouts": PATIENT}),
        configuration,
        database=bench.database,
        snapshot=bench.snapshot,
        raw=raw,
        account=bench.account,
        watch_loop=True,
        ready_deadline_s=READY_DEADLINE_S,
    ) as deployment:
        # The slower of two rounds is the one that something else on the machine disturbed.
        return tuple(at_once(deployment.url + TARGET.format(wait_ms=wait_ms), requests) for _ in range(ROUNDS))


def at_once(url: str, requests: int) -> Round:
    """Send so many requests at the same moment and wait for all."""
    everybody_is_ready = threading.Barrier(requests)

    def ask(number: int) -> tuple[float, float, int]:
        everybody_is_ready.wait()
        start_s = time.monotonic()
        status = _status(url, number)
        return start_s, time.monotonic(), status

    with ThreadPoolExecutor(requests) as threads:
        starts_s, ends_s, statuses = zip(*threads.map(ask, range(requests)), strict=True)
    return Round(wall_ms=(max(ends_s) - min(starts_s)) * 1000, statuses=Counter(statuses))


def _status(url: str, number: int) -> int:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=PATIENT.client_s)
    try:
        headers = {"X-Request-ID": f"{REQUEST_ID_PREFIX}cooperation-{number}"}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
    return response.status
