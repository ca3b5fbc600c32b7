"""What was asked for, how it was measured and what it could not have seen, in sentences."""

from badgateway.model.experiment import Experiment, Load
from badgateway.model.summary import StudySummary
from badgateway.report import grid, numbers, wording


def objective(experiment: Experiment) -> str:
    """Return the objective, to follow the word and a colon."""
    share = numbers.declared_percent(experiment.objective.max_failure_share)
    limit = numbers.declared_milliseconds(experiment.objective.p95_ms)
    allowed = f"at most {share} of the requests fail" if experiment.objective.max_failure_share else "no request fails"
    at = f"at {wording.listed(experiment.load.users)} users" if experiment.load.users != (1,) else "at 1 user"
    return f"{allowed} and at least 95 % of the OK requests take at most {limit}, {at}."


def measured(study: StudySummary) -> tuple[str, ...]:
    """Return how it was measured, one point each."""
    load, blocks = study.experiment.load, study.experiment.blocks
    return (
        _trial(load),
        _BOOKS,
        _LATENCY,
        "The interval beside a share of failures is the exact (Clopper-Pearson) 95 % interval.",
        f"{_one_trial() if blocks == 1 else _many_trials(blocks)} Their order is random, with seed {study.seed}.",
    )


_BOOKS = (
    "Each request is counted by the client and by the proxy, and the two are matched by request id. "
    "A trial whose books do not balance is INVALID: it has reasons instead of numbers, and is in no statistic."
)
_LATENCY = (
    "Latency is from the start of a request to its last byte, of OK requests only: a fast failure does not make a "
    "configuration look fast. First byte is the time until the answer begins."
)


def _trial(load: Load) -> str:
    warm_up, window = numbers.declared_seconds(load.warm_up_s), numbers.declared_seconds(load.window_s)
    return (
        "A trial is one configuration at one load level, with a freshly started server and proxy. Its users warm up "
        f"for {warm_up}; every request that starts in the {window} after that, the window, is counted, however late "
        "it ends."
    )


def _one_trial() -> str:
    return "Each configuration had one trial at each level, so small differences between two may be chance."


def _many_trials(blocks: int) -> str:
    return f"Each configuration had {blocks} trials at each level, one in each block of trials."


def limits(study: StudySummary) -> tuple[str, ...]:
    """Return what the experiment could not have seen."""
    return (
        _rarest(study),
        _one_machine(study.environment.cores),
        _closed_loop(study.experiment.load),
        "A window of seconds shows nothing that takes hours: leaks, connections that die of age, nightly jobs.",
    )


def _rarest(study: StudySummary) -> str:
    sizes = [cell.measurement.requests for cell in grid.cells(study) if cell.measurement]
    if not sizes:
        return "Nothing was measured."
    least = min(sizes)
    return (
        "Rare failures: n requests without a failure only show, at 95 % confidence, that fewer than about 3/n of all "
        f"fail. The smallest level here has {wording.plural(least, 'request')}: a share below "
        f"{numbers.percent(min(1, 3 / least))} could have gone unseen."
    )


def _one_machine(cores: int) -> str:
    return (
        "Everything ran on one machine: the load generator, the database and the servers shared its "
        f"{wording.plural(cores, 'core')}, over loopback, without a network's delays and losses."
    )


def _closed_loop(load: Load) -> str:
    return (
        f"The load is a closed loop: each of the {wording.listed(load.users, 'or')} users waits for the answer before "
        "the next request. A slow configuration is therefore asked less often than by visitors who do not wait for "
        "each other, and one that fails fast more often."
    )
