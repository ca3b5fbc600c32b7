"""Proves, for each server file and driver of an experiment, whether one worker's requests wait side by side."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from badgateway.analysis.worker_checks import Round, judge, judged_again, known_line, why
from badgateway.databases.registry import database_of
from badgateway.errors import ConfigurationError, DeploymentError, first_line
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.file_text import text_of
from badgateway.model.places import Limits
from badgateway.model.worker_checks import WorkerCheck, WorkerCheckReport
from badgateway.plan.worker_checks import REQUESTS, lone_workers, roomy
from badgateway.probe.environment import somaxconn
from badgateway.process.interruption import unwinding_on_signals
from badgateway.study.bench import Bench, Effects, Listener
from badgateway.study.local import PATIENT

WAIT_MS = 200
ROUNDS = 2
READY_DEADLINE_S = 10.0
"""Shorter than for a trial: one worker that is not there by then, such as one patched too late, never will be."""
NOT_FOUND = 404
_TURNED_AWAY = re.compile(r"\((?:11|110): [^)]*\) while connecting to upstream")
"""What nginx writes when the queue of a unix socket, or of a TCP port, had no room."""


def prove(experiment: Experiment, root: Path, listener: Listener, effects: Effects) -> WorkerCheckReport:
    """Deploy every server file of the experiment with every driver of it, one worker each, and send requests at once.

    Raises:
        ConfigurationError: The site names no page for it.
        DeploymentError: The database did not come up or did not stay up; a server that does not is a proof with errors.
        KeyboardInterrupt: The user stopped it; nothing is left running.
    """
    if experiment.application.wait_path is None:
        raise ConfigurationError(
            f"{experiment.name}: application.wait_path: names no page; a worker check asks for one that has the "
            "database wait for ?db_ms=N milliseconds: add such a page, and name it"
        )
    with unwinding_on_signals():
        listener.busy_with(f"starting {database_of(experiment).label} and loading the data")
        with effects.set_up(experiment, root) as bench:
            proofs = []
            for configuration in lone_workers(experiment):
                listener.busy_with(f"{REQUESTS} requests at once: {configuration.server}, {configuration.driver}")
                proofs.append(prove_one(configuration, bench))
                bench.check()
            listener.busy_with("measuring what a database connect costs")
            return WorkerCheckReport(
                experiment=experiment.name, proofs=tuple(proofs), connect_costs=effects.connect_costs(bench)
            )


def prove_one(
    configuration: Configuration, bench: Bench, *, requests: int = REQUESTS, wait_ms: int = WAIT_MS
) -> WorkerCheck:
    """Deploy a configuration as it is, send its requests in a few rounds, and judge."""
    raw = bench.raw_folder(f"worker-check-{configuration.name}")
    return prove_into(raw, configuration, bench, requests=requests, wait_ms=wait_ms)


def prove_into(
    raw: Path, configuration: Configuration, bench: Bench, *, requests: int = REQUESTS, wait_ms: int = WAIT_MS
) -> WorkerCheck:
    """Do the same into an empty folder that the servers can write to, and leave their logs there."""
    limits: dict[str, Limits] = {}
    try:
        rounds = _rounds(configuration, bench, raw, limits, requests=requests, wait_ms=wait_ms)
        is_clean = all(found.is_clean for found in rounds)
        reason = "" if is_clean else _why(rounds, raw, _page(bench)) or _cut(raw, limits, requests) or why(_log(raw))
    except DeploymentError as error:
        rounds, reason = (), f"did not come up: {known_line(str(error)) or first_line(str(error))}"
    statuses = sum((found.statuses for found in rounds), Counter[int]())
    wall_ms = None if reason else min(found.wall_ms for found in rounds)
    proof = WorkerCheck(
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


def _page(bench: Bench) -> str:
    return bench.experiment.application.wait_path or ""


def _why(rounds: tuple[Round, ...], raw: Path, page: str) -> str:
    # An application of the user's own need not have the page.
    if all(set(found.statuses) == {NOT_FOUND} for found in rounds):
        return f"the application has no page {page} that waits for the database"
    return known_line(_log(raw))


def _cut(raw: Path, limits: Mapping[str, Limits], requests: int) -> str:
    """Return which kernel's limit turned requests away, whose server has a queue for all of them; empty for none."""
    of_place = limits.get("target")
    limit = of_place.somaxconn if of_place else somaxconn()
    errors = text_of(raw / raw_files.ERROR_LOG)
    if limit is None or limit >= requests or not _TURNED_AWAY.search(errors):
        return ""
    whose = "places.target" if of_place else "this machine"
    return (
        f"the accept queue had room for {limit} of {requests} requests at once: net.core.somaxconn of {whose} is "
        f"{limit}, make it {2 * requests} or more"
    )


def _log(raw: Path) -> str:
    return (raw / raw_files.SERVER_LOG).read_text(encoding="utf-8", errors="replace")


def _rounds(
    configuration: Configuration,
    bench: Bench,
    raw: Path,
    limits: dict[str, Limits],
    *,
    requests: int,
    wait_ms: int,
) -> tuple[Round, ...]:
    """Send the rounds; `limits` gets what was in force on the machines of [places], by their keys."""
    with bench.effects.deploy(
        bench.experiment.model_copy(update={"timeouts": PATIENT, "places": roomy(bench.experiment.places)}),
        configuration,
        database=bench.database,
        snapshot=bench.snapshot,
        raw=raw,
        account=bench.account,
        watch_loop=True,
        ready_deadline_s=READY_DEADLINE_S,
        on_limits=limits.update,
    ) as deployment:
        # The slower of two rounds is the one that something else on the machine disturbed.
        url = f"{deployment.url}{_page(bench)}?db_ms={wait_ms}"
        return tuple(bench.effects.ask_at_once(url, requests) for _ in range(ROUNDS))
