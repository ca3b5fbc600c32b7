"""How the judge's sentences say numbers, failures and setups."""

from collections.abc import Iterator, Sequence

from badgateway import numbers
from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.study import LoadUnit
from badgateway.model.summary import LevelSummary, Measurement, Proportion
from badgateway.numbers import in_sentences
from badgateway.servers.registry import worker_model


def percent(share: float) -> str:
    """Return a measured share: '12.3 %', '0.03 %'."""
    return in_sentences(numbers.percent(share))


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


def rate(per_second: float) -> str:
    """Return a throughput: '4.2 requests/s', '1,234 requests/s'."""
    return f"{in_sentences(numbers.rate(per_second))} {numbers.RATE_UNIT}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: '1 trial', '3 trials'."""
    return numbers.plural(number, noun)


def load(level: LevelSummary) -> str:
    """Return a level's load: '300 users', '317 requests/s'."""
    is_open = level.rate_per_s is not None
    return numbers.load_with_unit(level.rate_per_s or level.users, is_open=is_open)


def amount(value: float, unit: LoadUnit) -> str:
    """Return any load with its unit: '1 user', '41.5 users', '317 requests/s'."""
    return numbers.load_with_unit(value, is_open=unit is LoadUnit.RATE)


def listed(items: Sequence[str]) -> str:
    """Return items as they are said: '50', '50 and 300', '50, 100 and 300'."""
    return numbers.listed(items)


def kinds(measurement: Measurement) -> str:
    """Return the failures by kind, the most frequent first: '284 x 502, 3 x TRUNCATED'."""
    found = ((measurement.count(outcome), STATUS_OF.get(outcome, outcome.value)) for outcome in FAILURES)
    ordered = sorted((entry for entry in found if entry[0]), key=lambda entry: -entry[0])
    return ", ".join(f"{count:,} x {name}" for count, name in ordered)


def setup(configuration: Configuration) -> str:
    """Return what to deploy: 'servers/x.py with 2 workers x 64 greenlets, accept queue 1,024, pymysql'."""
    per_worker = ""
    model = worker_model(configuration)
    if model is WorkerModel.GREENLETS:
        per_worker = f" x {counted(configuration.greenlets, 'greenlet')}"
    elif configuration.threads > 1 and model is not WorkerModel.EVENT_LOOP:
        per_worker = f" x {counted(configuration.threads, 'thread')}"
    workers = counted(configuration.workers, "worker") + per_worker
    queue = f"accept queue {configuration.listen:,}"
    return f"{configuration.server} with {', '.join((workers, queue, configuration.driver, *_besides(configuration)))}"


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
        yield f"a pool of {counted(configuration.pool, 'connection')} in each worker"
    yield from (f"{name}={value}" for name, value in configuration.environment.items())
