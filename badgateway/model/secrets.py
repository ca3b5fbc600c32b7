"""Takes out of an experiment what a report must not show: values of variables that are secret by their names."""

from collections.abc import Mapping

from badgateway.model.experiment import Experiment
from badgateway.model.masking import HIDDEN, is_secret_name, masked_values
from badgateway.model.running_site import LogCommand, RunningSite
from badgateway.model.site_log import told_as


def without_secrets(experiment: Experiment) -> Experiment:
    """Return the experiment as it may be shown; the names of its variables stay."""
    application = experiment.application.model_copy(update={"environment": _shown(experiment.application.environment)})
    configurations = tuple(
        one.model_copy(update={"environment": _shown(one.environment)}) for one in experiment.configurations
    )
    variants = {
        name: one.model_copy(update={"environment": _shown(one.environment)})
        for name, one in experiment.variants.items()
    }
    changes = {"application": application, "configurations": configurations, "variants": variants}
    return experiment.model_copy(update={**changes, "target": _target(experiment.target)})


def _target(target: RunningSite | None) -> RunningSite | None:
    if target is None:
        return None
    logs = tuple(log if isinstance(log, str) else LogCommand(command=(told_as(log),)) for log in target.logs)
    return target.model_copy(update={"logs": logs})


def _shown(environment: Mapping[str, str]) -> dict[str, str]:
    # An address may have a password in it, whatever its variable is called.
    return {name: HIDDEN if is_secret_name(name) else masked_values(value) for name, value in environment.items()}
