"""Says what a study can prove, and what it could not have seen, however well it went."""

from collections.abc import Iterator, Mapping

from badgateway.model.comparison import Bursts, Choice, NoiseFloor
from badgateway.model.places import Carried, Line, Places
from badgateway.numbers import count, in_sentences, listed, p_value, plural
from badgateway.words.phrases import difference, limit, percent

_PROMISED = 0.05
_RULE_OF_THREE = 3


def power(choice: Choice) -> str:
    """Return how sure so many blocks can make anyone of a difference in p95, one sentence."""
    found = choice.power
    if found.compared < 2:
        return "Fewer than two configurations may keep the objective, so none were compared."
    if found.blocks < found.blocks_to_prove:
        least = in_sentences(p_value(found.smallest_p))
        return (
            f"{plural(found.blocks, 'block')} cannot prove one to be the best (no p below {least}): that takes "
            f"{found.blocks_to_prove}."
        )
    capacity = "; this does not count capacities, which have their own intervals" if choice.asked.capacity else ""
    return (
        f"In at most {limit(_PROMISED)} of studies with {plural(found.blocks, 'block')} a configuration is called "
        f"worse than one that is like it{capacity}."
    )


def unseen(choice: Choice, *, of_running_site: bool = False, places: Places | None = None) -> tuple[str, ...]:
    """Return the limits of the study as sentences: rare failures, long stalls, small effects, the machines.

    Args:
        choice: Of the study.
        of_running_site: Whether nothing of the site was started for it.
        places: Where its parts stood; None: all beside each other.
    """
    return (
        _rare_failures(choice),
        _stalls(choice.asked.window_s, is_fresh=not of_running_site),
        _small_effects(choice.noise),
        _OTHER_MACHINES if of_running_site else one_machine(places or Places()),
    )


_OTHER_MACHINES = (
    "The site's machines were not looked at: what else they had to do is not known, nor what the network took. The "
    "environment told here is the load generator's."
)


def rarest_seen(requests: int) -> float:
    """Return the failure share that so many requests without a failure leave possible, with 95 % confidence: 3/n."""
    return min(1.0, _RULE_OF_THREE / requests) if requests else 1.0


def _rare_failures(choice: Choice) -> str:
    most = choice.most_requests
    if not most:
        return "Nothing was measured at the highest load, so any failure there would have gone unseen."
    return (
        f"Failures rarer than {percent(rarest_seen(most))} of requests: no configuration answered more than "
        f"{plural(most, 'request')} at the highest load, and without a failure in n requests up to 3/n may fail, if "
        f"failures come one by one.{_bursts(choice.bursts)}"
    )


def _bursts(found: Bursts | None) -> str:
    if found is None:
        return ""
    trials = f"{found.bad_trials} of {plural(found.trials, 'trial')}"
    may = f"{percent(found.most_bad_trials)} of trials"
    if found.seconds:
        trials += f" and {found.bad_seconds} of {plural(found.seconds, 'second')}"
        may += f" and {percent(found.most_bad_seconds)} of seconds"
    return f" If they come in bursts: {trials} of {found.configuration} had one; with 95 % confidence up to {may} may."


def _stalls(window_s: float, *, is_fresh: bool) -> str:
    fresh = "; each trial starts with a fresh server" if is_fresh else ""
    return (
        f"What happens less often than once in {window_s:g} s, the length of a window, such as a nightly job, "
        f"a slow leak or a recycled worker{fresh}."
    )


def _small_effects(noise: NoiseFloor | None) -> str:
    if noise is None:
        return "Small differences: there was no A/A control, so how small is not known."
    names = (
        f"{listed(noise.configurations)} under two names differed by {difference(noise.latency.difference)} in p95 "
        f"over {plural(noise.latency.blocks, 'block')}"
    )
    if noise.detectable is None:
        return (
            f"Differences between configurations that pass: {names}, and it takes {noise.blocks_to_prove} blocks "
            f"until the signed-rank test between two of them can prove any."
        )
    return f"Differences in p95 below {difference(noise.detectable)}, by the noise of the noisiest two: {names}."


def one_machine(places: Places, cores: int | None = None) -> str:
    """Return what shared one machine, in a sentence that is true of the run's places.

    Args:
        places: Where its parts stood.
        cores: Of the machine; None: not to be said.
    """
    who = "Proxy" if places.workers else "Client, proxy"
    of = f" of its {plural(cores, 'core')}" if cores else ""
    between = ", over loopback, without a network's delays and losses" if cores else ", and no network was between them"
    if places.lines:
        between = ", and the only networks between them were those of [places], made on it"
    return f"{who}, application and database shared one machine: they took CPU time{of} from each other{between}."


def placed(places: Places) -> tuple[str, ...]:
    """Return in at most one sentence what was not on one machine and over loopback; nothing where all was."""
    told = tuple(_told(places))
    return (f"Other than on one machine and over loopback: {listed(told)}.",) if told else ()


def dropped(lines: Mapping[str, Carried]) -> Iterator[str]:
    """Yield of each line that lost packets which it was not to lose how many, a sentence each."""
    for key, carried in lines.items():
        if carried.dropped:
            yield (
                f"The line to {_ENDS[key]} dropped {count(carried.dropped)} of {plural(carried.packets, 'packet')} for "
                "want of room, in all trials that count: too few in each to make it INVALID."
            )


_ENDS = {"load": "the load", "proxy": "nginx", "target": "the application servers", "database": "the database"}


def _told(places: Places) -> Iterator[str]:
    if places.workers:
        yield f"the load came from {plural(places.workers, 'worker')} that had joined the run"
    if places.load is not None:
        yield f"the load came over {_line(places.load)}"
    if places.proxy is not None:
        yield f"nginx stood behind {_line(places.proxy)}"
    if places.target is not None:
        yield f"the application server stood behind {_line(places.target)}"
    if places.database is not None:
        yield f"the database stood behind {_line(places.database)}"


def _line(line: Line) -> str:
    # What its kernel took was read again, so that it was in force.
    set_there = [f"{file.replace('/', '.')} = {text}" for file, text in line.kernel_settings.items()]
    there = f" (with {listed(set_there)} there)" if set_there else ""
    if not line.is_far:
        return f"a network of its own without a delay{there}"
    lost = f" that lost {limit(line.loss)} of the packets each way" if line.loss else ""
    return f"a line of {line.round_trip_ms:g} ms a round trip{lost}{there}"
