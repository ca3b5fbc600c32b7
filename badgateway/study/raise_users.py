"""Loads what runs today with more and more users, a short trial each, until that is felt."""

from collections.abc import Callable, Sequence
from pathlib import Path

from badgateway.analysis.raised_users import Step, why_enough
from badgateway.analysis.trials import read_evidence
from badgateway.judge.summarise import summarise_trial
from badgateway.model.axis import keys_of
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial
from badgateway.study.bench import Bench, Effects
from badgateway.study.run_trial import run_trial
from badgateway.words.verdict_reasons import said


def raise_users(
    experiment: Experiment, root: Path, effects: Effects, on_step: Callable[[Step], None], numbers: Sequence[int]
) -> tuple[Step, ...]:
    """Return what each number of users met, in their order.

    Args:
        experiment: With the configuration that is loaded, and no other.
        root: The project.
        effects: By which it is started.
        on_step: Told after each.
        numbers: Of users, the fewest first.

    Raises:
        DeploymentError: The database did not come up.
    """
    steps: list[Step] = []
    with effects.set_up(experiment, root) as bench, bench.explaining():
        for users in numbers:
            steps.append(_step(users, bench))
            on_step(steps[-1])
            if why_enough(steps):
                break
    return tuple(steps)


def _step(users: int, bench: Bench) -> Step:
    experiment = bench.experiment
    (configuration,) = experiment.configurations
    trial = Trial(
        block=1,
        position=users,
        configuration=configuration.name,
        users=users,
        seed=experiment.seed,
        **keys_of(configuration.measured_at[0]),
    )
    raw = bench.raw_folder(f"trial-{users}")
    record = run_trial(trial, bench, raw, lambda _: None)
    summary = summarise_trial(read_evidence(raw, record, places=experiment.places), experiment.objective)
    return Step.of(summary, next(iter(said(summary.reasons)), "nothing was measured"))
