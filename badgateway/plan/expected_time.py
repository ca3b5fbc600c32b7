"""Estimates how long the trials of a fixed schedule take: about, and at most."""

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment

OVERHEAD_S = 4.0
"""What is left for a trial's start and stop where a budget has to be kept: hardly one takes longer."""
_USUAL_OVERHEAD_S = 1.5
"""What they usually take: between 1 and 3 s on the machine of the reference reports, which tell it of each trial."""
_WAITED_S = 1.2
"""How long the requests in flight at a window's end are waited for, on average over the trials of the reference runs.

It is the length of the site's slow requests, which nobody knows before a run. A longer time limit makes them no longer.
"""
_WAITED_FOR_THE_LIMIT = 2 / 3
"""Of the proxy's time limit: the same for a server that ends no request before the proxy gives up.

Whoever declares such limits asks for requests that last as long; two of three configurations with them waited for it.
"""


def trial_s(experiment: Experiment, *, window_s: float | None = None, waited_s: float = _WAITED_S) -> float:
    """Return about how long one trial takes, in seconds: warm-up and window, and what is before and after them."""
    load = experiment.load
    return load.warm_up_s + (window_s or load.window_s) + waited_s + _USUAL_OVERHEAD_S


def scheduled_trial_s(experiment: Experiment, configuration: Configuration) -> float:
    """Return about how long each trial of a configuration takes, in seconds."""
    limits = experiment.timeouts_of(configuration)
    if limits.app_s < limits.proxy_read_s:
        return trial_s(experiment)
    return trial_s(experiment, waited_s=max(_WAITED_S, _WAITED_FOR_THE_LIMIT * limits.proxy_read_s))


def confirmation_s(experiment: Experiment) -> float:
    """Return about how long the confirmation of the pick takes, in seconds; 0 where there is none."""
    asked = experiment.confirmation
    return trial_s(experiment, window_s=asked.window_s) if asked else 0.0


def expected_s(experiment: Experiment) -> float:
    """Return about how long the experiment takes, in seconds, the confirmation of its pick included."""
    each_s = (_times(experiment, one) * scheduled_trial_s(experiment, one) for one in experiment.configurations)
    return sum(each_s) + confirmation_s(experiment)


def most_s(experiment: Experiment) -> float:
    """Return how long it takes, in seconds, if a request of every trial lasts until its client gives up.

    Trials that are INVALID, and are run again, are not in it.
    """
    load, asked = experiment.load, experiment.confirmation
    besides_s = load.warm_up_s + OVERHEAD_S
    each_s = (
        _times(experiment, one) * (besides_s + load.window_s + experiment.timeouts_of(one).client_s)
        for one in experiment.configurations
    )
    longest_s = max(experiment.timeouts_of(one).client_s for one in experiment.configurations)
    return sum(each_s) + (besides_s + asked.window_s + longest_s if asked else 0.0)


def _times(experiment: Experiment, configuration: Configuration) -> int:
    """Return how many trials of a configuration the schedule has."""
    return experiment.blocks * len(experiment.load.users) * len(configuration.measured_at)
