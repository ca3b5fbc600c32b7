"""How it was measured and what it could not have seen, in sentences."""

from collections.abc import Iterator

from badgateway import numbers
from badgateway.databases.registry import database_of
from badgateway.model.experiment import Load
from badgateway.model.manifest import Circumstances
from badgateway.model.run_summary import RunSummary
from badgateway.report import grid
from badgateway.words.study_limits import dropped, one_machine, placed, unseen

_MOST_EARLIER = 3
"""Of the runs that asked something else, only the last ones are told; report.json has all."""


def measured(run: RunSummary) -> tuple[str, ...]:
    """Return how it was measured, one point each."""
    load = run.experiment.load
    return (
        _trial(load) if run.experiment.target is None else _trial_on_site(load),
        _BOOKS if run.experiment.target is None else _SITE_BOOKS,
        _LATENCY,
        *((_DUE,) if load.rates_per_s else ()),
        "The interval beside a share of failures is the exact (Clopper-Pearson) 95 % interval.",
        *_about_database(run),
        *circumstances(run.circumstances),
        f"{_blocks(run)} {_order(run)}",
    )


_BOOKS = (
    "Each request is counted by the client and by the proxy, and the two are matched by request id. "
    "A trial whose books do not balance is INVALID: it has reasons instead of numbers, and is in no statistic."
)
_SITE_BOOKS = (
    "Each request is counted by the client, whose word decides; the site's logs, matched by request id, say why it "
    "failed."
)
_DUE = (
    "At a rate, the load is an open loop: requests come as scheduled, however slow the answers are, and their latency "
    "counts from when they were due, so a stall is felt by everyone who came meanwhile."
)
_OPEN_LOOP = (
    "At a rate, nobody gives up and nobody waits for others: visitors who leave a slow site, or reload it, load it "
    "otherwise."
)
_SMALL_EFFECTS = (
    "Small differences: no configuration ran under two names (an A/A control), so it is not known by how much two "
    "that are alike differ here."
)
_LATENCY = (
    "Latency is from the start of a request to its last byte, of OK requests only: a fast failure does not make a "
    "configuration look fast. First byte is the time until the answer begins."
)


def _about_database(run: RunSummary) -> Iterator[str]:
    found = database_of(run.experiment)
    if found.about:
        yield found.about
    # A site of somebody's own has a Python of its own.
    if found.stands_for and run.experiment.application.python is not None:
        yield (
            f"The database was {found.label}. If the site is deployed on {found.stands_for}, that is another system: "
            "its plans, its locks and what a connection costs may differ from what was measured."
        )


def circumstances(found: Circumstances | None) -> Iterator[str]:
    """Yield what a reader should know of the beginning of the run; nothing of one that was like any other."""
    if found is None:
        return
    if found.busy:
        yield f"The machine was busy when the run began: {found.busy}. Each trial says what it was disturbed by."
    others = [run for run in found.earlier if run.differences]
    if others:
        told = "; ".join(f"in that of {run.started}, {', '.join(run.differences)}" for run in others[-_MOST_EARLIER:])
        yield (
            f"Not the first look: {len(others)} of {numbers.plural(len(found.earlier), 'earlier run')} of this name "
            f"asked something else: {told}. What is chosen after a look at results proves less."
        )


def _trial(load: Load) -> str:
    warm_up, window = numbers.declared_seconds(load.warm_up_s), numbers.declared_seconds(load.window_s)
    start = f"Its users warm up for {warm_up}" if load.users else f"It is warmed up for {warm_up}"
    return (
        f"A trial is one configuration at one load level, with a freshly started server and proxy. {start}; every "
        f"request that starts in the {window} after that, the window, is counted, however late it ends."
    )


def _trial_on_site(load: Load) -> str:
    warm_up, window = numbers.declared_seconds(load.warm_up_s), numbers.declared_seconds(load.window_s)
    return (
        "A trial is one load on the site as it was then; nothing was started, restarted or put back for it. Its users "
        f"warm up for {warm_up}; every request that starts in the {window} after that, the window, is counted, however "
        "late it ends."
    )


def _blocks(run: RunSummary) -> str:
    if run.experiment.target is not None:
        return (
            "Trials were run when their user had switched the site, and are compared in blocks as they came: the first "
            "of each label with the first of the others, which had the same requests."
        )
    if run.choice is not None:
        return (
            "Trials were run in blocks: one of each configuration still in the race, with the same requests, so that "
            "a bad minute hits all of them. What is compared are ratios within a block."
        )
    return _one_trial() if run.experiment.blocks == 1 else _many_trials(run.experiment.blocks)


def _order(run: RunSummary) -> str:
    if run.experiment.target is not None:
        return f"Their order was their user's; the requests were drawn with seed {run.seed}."
    return f"Their order is balanced over the blocks and drawn with seed {run.seed}."


def _one_trial() -> str:
    return "Each configuration had one trial at each level, so small differences between two may be chance."


def _many_trials(blocks: int) -> str:
    return f"Each configuration had {blocks} trials at each level, one in each block of trials."


def limits(run: RunSummary) -> tuple[str, ...]:
    """Return what the experiment could not have seen: a study's choice knows it best, and says it itself."""
    asked = run.experiment
    loop = (*placed(asked.places), *dropped(run.lines), *_loops(asked.load))
    if run.choice is not None:
        return (*unseen(run.choice, of_running_site=asked.target is not None, places=asked.places), *loop)
    return (
        _rarest(run),
        _stalls(asked.load),
        _SMALL_EFFECTS,
        *(() if asked.target else (one_machine(asked.places, run.environment.cores),)),
        *loop,
    )


def _rarest(run: RunSummary) -> str:
    sizes = [result.measurement.requests for result in grid.results(run) if result.measurement]
    if not sizes:
        return "Nothing was measured."
    least = min(sizes)
    return (
        "Rare failures: n requests without a failure only show, at 95 % confidence, that fewer than about 3/n of all "
        f"fail. The smallest level here has {numbers.plural(least, 'request')}: a share below "
        f"{numbers.percent(min(1, 3 / least))} could have gone unseen."
    )


def _stalls(load: Load) -> str:
    return (
        f"Stalls that come less often than once in {numbers.declared_seconds(load.window_s)}, the length of a window, "
        "and all that takes hours: leaks, connections that die of age, nightly jobs."
    )


def _loops(load: Load) -> Iterator[str]:
    if load.users:
        yield _closed_loop(load)
    if load.rates_per_s:
        yield _OPEN_LOOP


def _closed_loop(load: Load) -> str:
    return (
        f"The load is a closed loop: each of the {numbers.listed(load.users, 'or')} users waits for the answer before "
        "the next request. A slow configuration is therefore asked less often than by visitors who do not wait for "
        "each other, and one that fails fast more often."
    )
