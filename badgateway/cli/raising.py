"""Measures the load levels that init could only choose, and writes them into the experiment's file."""

from pathlib import Path

from badgateway.analysis.raised_users import Step, levels, why_enough
from badgateway.cli.terminal import echo
from badgateway.draft.experiment_text import with_measured_users
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable
from badgateway.numbers import listed
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
    echo("raising users, to find the load levels (about a minute; --no-levels leaves it out):")
    steps = raise_users(for_raising(experiment), project_root(path), LOCAL, _told)
    found, why = levels(steps), why_enough(steps)
    if not found:
        echo(f"no level was measured, and the file keeps those that it has: {printable(why)}")
        return
    text = path.read_text(encoding="utf-8")
    path.write_text(with_measured_users(text, found, why), encoding="utf-8")
    echo(f"wrote users = {list(found)} into {printable(str(path))}: {printable(why)}")


def _told(step: Step) -> None:
    p95 = f"p95 {step.p95_ms:,.0f} ms" if step.p95_ms is not None else "no answer was OK"
    met = step.problem or listed([f"{step.requests} requests", f"{step.failures} failed", p95])
    echo(f"     {step.users:>3} users  {printable(met)}")
