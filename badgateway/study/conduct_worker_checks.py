"""Runs what a run does besides its trials: worker checks, watched trials, the cost of a connect."""

import dataclasses

from badgateway.model.configuration import Configuration
from badgateway.model.trial import Trial
from badgateway.model.worker_checks import WorkerCheckPlan
from badgateway.process.interruption import held
from badgateway.store.worker_checks_folder import WorkerChecksFolder, proof_name
from badgateway.study.bench import Bench, Listener
from badgateway.study.run_trial import run_trial
from badgateway.study.worker_check import prove_into


def conduct_worker_checks(plan: WorkerCheckPlan, bench: Bench, folder: WorkerChecksFolder, listener: Listener) -> None:
    """Run what is left of the worker checks on a bench whose trials are over; what ended is on disk.

    Raises:
        DeploymentError: The database did not stay up; a server that does not is a result.
        KeyboardInterrupt: The user stopped it; nothing is left running.
    """
    step = 0

    def begin(what: str) -> None:
        nonlocal step
        step += 1
        listener.busy_with(f"worker check {step} of {plan.steps}: {what}")

    proven = {raw.name for raw, _ in folder.proofs()}
    seen = {record.trial.id for _, record in folder.trials()}
    for number, pair in enumerate(plan.pairs, start=1):
        if proof_name(number, pair.server, pair.driver) in proven:
            step += 1
            continue
        begin(f"can a worker serve others while a request waits? {pair.server}, {pair.driver}")
        _prove_and_keep(number, pair, bench, folder)
    for trial in plan.trials:
        if trial.id in seen:
            step += 1
            continue
        begin(f"what blocks the event loop of {trial.configuration}?")
        _watch_and_keep(trial, plan, bench, folder)
    if folder.costs() is not None:
        return
    begin("what does a database connect cost?")
    costs = bench.effects.connect_costs(bench)
    with held():
        folder.keep_costs(costs)


def _prove_and_keep(number: int, pair: Configuration, bench: Bench, folder: WorkerChecksFolder) -> None:
    raw = bench.raw_folder(f"proof-{number}")
    proof = prove_into(raw, pair, bench)
    with held():
        folder.keep_proof(number, proof, raw)
    bench.check()


def _watch_and_keep(trial: Trial, plan: WorkerCheckPlan, bench: Bench, folder: WorkerChecksFolder) -> None:
    shorter = dataclasses.replace(bench, experiment=bench.experiment.model_copy(update={"load": plan.load}))
    raw = bench.raw_folder(f"worker-check-{trial.position}")
    record = run_trial(trial, shorter, raw, lambda _progress: None, watch_loop=True)
    with held():
        folder.keep_trial(record, raw)
    bench.check()
