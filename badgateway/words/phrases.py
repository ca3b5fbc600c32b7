"""How sentences say numbers, loads, objectives, failures and setups."""

from collections.abc import Iterator, Sequence

from badgateway import numbers
from badgateway.model.configuration import Configuration
from badgateway.model.design import LimitCount, LimitKind
from badgateway.model.experiment import Objective
from badgateway.model.knob import WorkerModel
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.summary import Proportion
from badgateway.numbers import in_sentences
from badgateway.servers.registry import worker_model

_ORDINARY = ("A", "All", "An", "Another", "No", "Nothing", "Somebody", "The", "Workers")
"""First words of titles that are written small inside of a sentence; names are not."""
TASKS_UNIT = "tasks/s"
"""Of the load of an open loop; a task may send several requests."""


def percent(share: float) -> str:
    """Return a measured share: '12.3 %', '0.03 %'."""
    return in_sentences(numbers.percent(share))


def difference(share: float) -> str:
    """Return by how much one measured thing is more than another: '16.8 %', '113 %'."""
    return in_sentences(numbers.difference(share))


def limit(share: float) -> str:
    """Return a share that somebody declared: '1 %'."""
    return in_sentences(numbers.declared_percent(share))


def interval(proportion: Proportion) -> str:
    """Return the interval a proportion is known to: '95 % interval 11.0-13.7 %'."""
    return f"95 % interval {in_sentences(numbers.interval(proportion.low, proportion.high))}"


def milliseconds(value_ms: float) -> str:
    """Return a latency: '4.2 ms', '1.23 s'."""
    return in_sentences(numbers.milliseconds(value_ms))


def milliseconds_limit(value_ms: float) -> str:
    """Return a latency that somebody declared: '0.5 ms', '3 s'."""
    return in_sentences(numbers.declared_milliseconds(value_ms))


def seconds(value_s: float) -> str:
    """Return a duration: '0.8 s', '1.23 s', '12.3 s'."""
    return in_sentences(numbers.seconds(value_s))


def chance(p: float) -> str:
    """Return a probability of chance as a clause: 'p = 0.03', 'p < 0.0001'."""
    return f"p {in_sentences(numbers.p_value(p))}" if p < 0.0001 else f"p = {numbers.p_value(p)}"


def rate(per_second: float) -> str:
    """Return a throughput: '4.2 requests/s', '1,234 requests/s'."""
    return f"{in_sentences(numbers.rate(per_second))} {numbers.RATE_UNIT}"


def load(level: LoadLevel) -> str:
    """Return a load with its unit: '1 user', '41.5 users', '317 tasks/s'."""
    if level.is_open:
        return f"{numbers.load(level.size)} {TASKS_UNIT}"
    return f"{numbers.load(level.size)} {'user' if level.size == 1 else 'users'}"


def unit(of: LoadUnit) -> str:
    """Return what a load is counted in: 'users', 'tasks/s'."""
    return TASKS_UNIT if of is LoadUnit.RATE else "users"


def load_in_column(level: LoadLevel) -> str:
    """Return a load under the heading 'users', or a rate with its unit: '300', '317 tasks/s'."""
    said = numbers.load(level.size)
    return f"{said}\N{NO-BREAK SPACE}{TASKS_UNIT}" if level.is_open else said


def loads(levels: Sequence[LoadLevel]) -> str:
    """Return several loads, each unit once: '50 and 300 users and 100 tasks/s'."""
    kinds = ([one for one in levels if one.is_open is is_open] for is_open in (False, True))
    return numbers.listed(
        numbers.listed([*(numbers.load(one.size) for one in kind[:-1]), load(kind[-1])]) for kind in kinds if kind
    )


def objective(declared: Objective) -> str:
    """Return what a configuration must reach at every load: 'at most 1 % of the requests fail and ...'."""
    return in_sentences(keeps(declared))


def keeps(declared: Objective) -> str:
    """Return the same for a page: how many requests may fail, and how fast most are answered; a failed one is not."""
    share = numbers.declared_percent(declared.max_failure_share)
    allowed = f"at most {share} of the requests fail" if declared.max_failure_share else "no request fails"
    in_time = numbers.declared_percent(1 - declared.max_missed_share)
    return f"{allowed} and {in_time} are answered well within {numbers.declared_milliseconds(declared.p95_ms)}"


def inside(title: str) -> str:
    """Return the title of a cause as it is written inside of a sentence."""
    return title[0].lower() + title[1:] if title.split(" ", 1)[0] in _ORDINARY else title


def setup(configuration: Configuration) -> str:
    """Return what to deploy: 'servers/x.py with 2 workers x 64 greenlets, accept queue 1,024, pymysql'."""
    if configuration.is_attached:
        return "how the site was set up when it was run under that label"
    per_worker = ""
    model = worker_model(configuration)
    if model is WorkerModel.GREENLETS:
        per_worker = f" x {numbers.plural(configuration.greenlets, 'greenlet')}"
    elif configuration.threads > 1 and model is not WorkerModel.EVENT_LOOP:
        per_worker = f" x {numbers.plural(configuration.threads, 'thread')}"
    workers = numbers.plural(configuration.workers, "worker") + per_worker
    queue = f"accept queue {configuration.listen:,}"
    return (
        f"{configuration.served_by} with {', '.join((workers, queue, configuration.driver, *_besides(configuration)))}"
    )


def _besides(configuration: Configuration) -> Iterator[str]:
    """Yield what has to be set besides; without it, what is deployed is not what was measured."""
    if configuration.transport != "unix":
        yield configuration.transport.upper()
    if not configuration.preload:
        yield "no preload"
    if configuration.max_requests:
        yield f"workers replaced after {configuration.max_requests:,} requests"
    if configuration.max_requests_delta:
        yield f"or up to {configuration.max_requests_delta:,} more"
    if configuration.conn_max_age_s:
        yield f"CONN_MAX_AGE {configuration.conn_max_age_s}"
    if configuration.pool:
        yield f"a pool of {numbers.plural(configuration.pool, 'connection')} in each worker"
    yield from (f"{name}={value}" for name, value in configuration.environment.items())


def limit_count(found: LimitCount) -> str:
    """Return what was counted, beside what is allowed: '31 of 200 requests failed (15.5 %); allowed are 1 %'."""
    slow = f" or took longer than {milliseconds_limit(found.p95_limit_ms)}" if found.kind is LimitKind.MISSED else ""
    share = percent(found.count / found.total)
    return f"{found.count:,} of {found.total:,} requests failed{slow} ({share}); allowed are {limit(found.allowed)}"
