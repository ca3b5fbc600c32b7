"""What a run that was stopped leaves open: configurations that were not measured at every load level."""

from badgateway.model.summary import ConfigurationSummary, LevelSummary
from badgateway.model.trial import INTERRUPTED


def is_unfinished(configuration: ConfigurationSummary) -> bool:
    """Tell whether the run was stopped before it came to one of the levels; a trial that failed is something else."""
    return any(_was_not_reached(level) for level in configuration.levels)


def _was_not_reached(level: LevelSummary) -> bool:
    return level.measurement is None and all(trial.reasons == (INTERRUPTED,) for trial in level.trials)
