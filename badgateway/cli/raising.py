"""Measures the load levels that init could only choose, and writes them into the experiment's file."""

from collections.abc import Sequence
from pathlib import Path

from badgateway.analysis.raised_users import STEPS, Step, levels, users_of_rates, why_enough
from badgateway.cli.terminal import echo
from badgateway.draft.experiment_text import rates_of_log, with_measured_users
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable
from badgateway.numbers import listed, plural
from badgateway.plan.experiment_file import project_root
from badgateway.plan.overrides import for_raising
from badgateway.study.local import LOCAL
from badgateway.study.raise_users import raise_users


def are_chosen(path: Path) -> bool:
    """Tell whether an experiment's load levels are those that init chose without a measurement."""
    text = path.read_text(encoding="utf-8")
    return with_measured_users(text, (1,), "") != text


def measure_levels(path: Path, experiment: Experiment) -> None:
    """Raise the users of what runs today until that is felt, and write levels around it.

    Args:
        path: The experiment's file.
        experiment: As it is in the file.

    Raises:
        DeploymentError: The database did not come up.
    """
    text = path.read_text(encoding="utf-8")
    rates = rates_of_log(text)
    found, why = _of_log(path, experiment, rates) if rates else _felt(path, experiment)
    if not found:
        echo(f"no level was measured, and the file keeps those that it has: {printable(why)}")
        return
    path.write_text(with_measured_users(text, found, why), encoding="utf-8")
    echo(f"wrote users = {list(found)} into {printable(str(path))}: {printable(why)}")


def _felt(path: Path, experiment: Experiment) -> tuple[tuple[int, ...], str]:
    """Return the levels around where users are felt, and why there."""
    echo("raising users, to find the load levels (about a minute; --no-levels leaves it out):")
    steps = raise_users(for_raising(experiment), project_root(path), LOCAL, _told, STEPS)
    found, why = levels(steps), why_enough(steps)
    return found, f"half, one and two times where it is felt: {why}" if found else why


def _of_log(path: Path, experiment: Experiment, rates: Sequence[float]) -> tuple[tuple[int, ...], str]:
    """Return how many users make the rates of a log, and by what that is known."""
    shown = listed(f"{rate:g}" for rate in rates)
    echo(f"counting what users send, to find how many make {shown} requests/s (--no-levels leaves it out):")
    asked = for_raising(experiment)
    (step,) = raise_users(asked, project_root(path), LOCAL, _told, STEPS[:1])
    found = users_of_rates(step, asked.load.window_s, rates)
    met = f"{plural(step.users, 'user')} sent {plural(step.requests, 'request')} in {asked.load.window_s:g} s"
    return found, f"{shown} requests/s, as the log has: {met}" if found else step.problem or met


def _told(step: Step) -> None:
    p95 = f"p95 {step.p95_ms:,.0f} ms" if step.p95_ms is not None else "no answer was OK"
    met = step.problem or listed([f"{step.requests} requests", f"{step.failures} failed", p95])
    echo(f"     {step.users:>3} users  {printable(met)}")
