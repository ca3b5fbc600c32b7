"""How the judge says numbers; nothing that was measured is ever said as 0 % or 100 % when it is not."""

from collections.abc import Iterator, Sequence

from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.study import LoadUnit
from badgateway.model.summary import LevelSummary, Measurement, Proportion
from badgateway.servers.registry import worker_model


def percent(share: float) -> str:
    """Return a measured share: '12.3 %', '0.03 %'."""
    return f"{_digits(share * 100)} %"


def _digits(value: float) -> str:
    if value in {0.0, 100.0}:
        return f"{value:.0f}"
    if value < 0.001:
        return "<0.001"
    if value > 99.95:
        return ">99.9"
    return f"{value:.2g}" if value < 0.95 else f"{value:.1f}"


def limit(share: float) -> str:
    """Return a share that somebody declared: '1 %'."""
    return f"{share * 100:g} %"


def interval(proportion: Proportion) -> str:
    """Return the interval a proportion is known to: '95 % interval 11.0-13.7 %'."""
    return f"95 % interval {_digits(proportion.low * 100)}-{percent(proportion.high)}"


def milliseconds(value_ms: float) -> str:
    """Return a latency: '4.2 ms', '1,234 ms'."""
    return f"{value_ms:,.0f} ms" if value_ms >= 10 else f"{value_ms:.1f} ms"


def milliseconds_limit(value_ms: float) -> str:
    """Return a latency that somebody declared: '0.5 ms', '3,000 ms'."""
    return f"{value_ms:,.12g} ms"


def rate(per_second: float) -> str:
    """Return a throughput: '4.2 requests/s', '1,234 requests/s'."""
    return f"{per_second:,.0f} requests/s" if per_second >= 10 else f"{per_second:.1f} requests/s"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: '1 trial', '3 trials'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def load(level: LevelSummary) -> str:
    """Return a level's load: '300 users', '317 requests/s'."""
    return counted(level.users, "user") if level.rate_per_s is None else f"{level.rate_per_s:,g} requests/s"


def amount(value: float, unit: LoadUnit) -> str:
    """Return any load with its unit: '1 user', '41.5 users', '317 requests/s'."""
    # From 10,000 on, four digits would be said as a power of ten.
    digits = f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
    if unit is LoadUnit.RATE:
        return f"{digits} requests/s"
    return f"{digits} user{'' if value == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """Return items as they are said: '50', '50 and 300', '50, 100 and 300'."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


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
