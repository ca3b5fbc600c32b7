"""Says which measurement chose a setting: the run's other configurations that have another value of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from badgateway import numbers
from badgateway.emit.document import Level, Measurements
from badgateway.emit.subject import Subject
from badgateway.model.configuration import Configuration
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import server_of, worker_model
from badgateway.servers.server import COMMON_SETTINGS
from badgateway.words import phrases

COMPARED = (
    *("server", "driver", "workers", "instances", "cores", "least_workers", "threads", "greenlets", "listen"),
    *("transport", "front_door"),
    *("proxy_http", "keepalive_s", "preload", "max_requests", "max_requests_delta", "least_lifetime_s"),
    *("graceful_stop_s", "conn_max_age_s", "pool", "database_tls", "timeouts", "background", "environment"),
)
"""The settings in which configurations of a run can differ."""
_WORDS: Mapping[str, str] = {
    "server": "server file",
    "instances": "servers behind nginx",
    "cores": "CPUs",
    "listen": "accept queue",
    "conn_max_age_s": "CONN_MAX_AGE",
    "max_requests": "requests before a worker is replaced",
    "max_requests_delta": "spread of those",
    "front_door": "front door",
    "database_tls": "TLS to the database",
    "timeouts": "time limits",
    "environment": "settings of the application",
}
TIMEOUTS = "timeouts"
_LIMITS = ("app_s", "proxy_connect_s", "proxy_read_s")
"""Time limits, each of which can be asked for."""
MOST_NAMED = 2


class Basis(StrEnum):
    """What a value of a setting rests on."""

    ALONE = "compared alone"
    """Another configuration differs in it and in nothing else."""
    WITH_OTHERS = "compared with others"
    """Others have another value, and differ in more."""
    ONE_VALUE = "one value only"
    """The run has no other value of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the run says of one setting."""

    field: str
    basis: Basis
    sentences: tuple[str, ...]
    untested: str = ""
    """Why the value was without effect in the trials; empty where it had one."""

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return " ".join((*self.sentences, *([f"Not tested: {self.untested}."] if self.untested else ())))


def evidence(subject: Subject, field: str) -> Evidence:
    """Return what the run says of a setting of its configuration; the time limits are among them, one by one."""
    comparable = [one for one in subject.document.configurations if _is_comparable(field, one, subject)]
    differing = [one for one in comparable if _value(one, field, subject) != _value(subject.chosen, field, subject)]
    of = TIMEOUTS if field in _LIMITS else field
    alone = [one for one in differing if set(_differences(subject.configuration, one.configuration)) == {of}]
    if alone:
        basis, sentences = Basis.ALONE, tuple(_alone(subject, field, alone))
    elif differing:
        basis, sentences = Basis.WITH_OTHERS, (_with_others(subject, field, differing),)
    else:
        basis, sentences = Basis.ONE_VALUE, (_one_value(len(comparable), is_of_server=field in COMMON_SETTINGS),)
    return Evidence(field=field, basis=basis, sentences=sentences, untested=_untested(subject, field))


def _is_comparable(field: str, one: Measurements, subject: Subject) -> bool:
    """Tell whether another configuration says something of a setting: a server's own only those with its file."""
    if one.name == subject.chosen.name:
        return False
    return field not in COMMON_SETTINGS or one.configuration.server == subject.configuration.server


def _value(one: Measurements, field: str, subject: Subject) -> object:
    if field in _LIMITS:
        return getattr(one.configuration.timeouts or subject.document.experiment.timeouts, field)
    return getattr(one.configuration, field)


def said(level: Level | None) -> str:
    """Return what was measured at a load: '0 of 28,934 requests failed, p95 107 ms, 337 requests/s at 120 users'."""
    if level is None or level.failures is None:
        return "nothing valid was measured"
    found = level.failures
    parts = [f"{found.count:,} of {numbers.plural(found.total, 'request')} failed"]
    if level.latency_ms:
        parts.append(f"p95 {phrases.milliseconds(level.latency_ms.p95)}")
    if level.throughput_rps is not None:
        parts.append(phrases.rate(level.throughput_rps))
    return f"{', '.join(parts)} at {phrases.load(level.load)}"


def shown(value: object) -> str:
    """Return a value of a setting in a sentence."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={each}" for name, each in value.items()) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _differences(one: Configuration, other: Configuration) -> Iterator[str]:
    for field in COMPARED:
        if getattr(one, field) != getattr(other, field) and not _is_without_effect(field, one, other):
            yield field


def _is_without_effect(field: str, one: Configuration, other: Configuration) -> bool:
    """Tell whether neither of two has a use for a setting."""
    models = {worker_model(one), worker_model(other)}
    if field == "greenlets":
        return WorkerModel.GREENLETS not in models
    if field == "threads":
        return not models & {WorkerModel.THREADS, WorkerModel.ONE_REQUEST, None}
    return all(field in server_of(each).lacks for each in (one, other))


def _alone(subject: Subject, field: str, alone: list[Measurements]) -> Iterator[str]:
    yield f"Measured: here {said(subject.top_level)}."
    for one in alone[:MOST_NAMED]:
        value = _said_value(one, field, subject)
        yield f"With {value} and all else equal ({one.name}): {one.verdict}, {said(_level_of(one, subject))}."
    if len(alone) > MOST_NAMED:
        yield f"{numbers.plural(len(alone) - MOST_NAMED, 'further value')} in the report."


def _with_others(subject: Subject, field: str, differing: list[Measurements]) -> str:
    one = min(differing, key=lambda each: len(set(_differences(subject.configuration, each.configuration))))
    of = TIMEOUTS if field in _LIMITS else field
    besides = [name for name in _differences(subject.configuration, one.configuration) if name != of]
    words = numbers.listed(_WORDS.get(name, name) for name in besides or ["what has no effect here"])
    value = _said_value(one, field, subject)
    return f"Not compared alone: {one.name} has {value}, and differs in {words} too: {one.verdict}."


def _said_value(one: Measurements, field: str, subject: Subject) -> str:
    return shown(_value(one, field, subject)) + (" s" if field.endswith("_s") else "")


def _one_value(others: int, *, is_of_server: bool) -> str:
    where = " with this server file" if is_of_server else ""
    if not others:
        return f"Not compared: the run has no other configuration{where}."
    return f"Not compared: all {others + 1} configurations of the run{where} have it."


def _level_of(one: Measurements, subject: Subject) -> Level | None:
    """Return what another did at the same load, or at its highest where it never saw that one."""
    measured = [level for level in one.levels if level.requests]
    top = subject.top_level
    same = [level for level in measured if top is not None and level.load == top.load]
    return max(same or measured, key=lambda level: level.load.order, default=None)


def _untested(subject: Subject, field: str) -> str:
    reason = _UNTESTED.get(field)
    return reason(subject) if reason else ""


def _no_replacement(subject: Subject) -> str:
    return "" if subject.configuration.max_requests else "no worker was replaced in a trial"


def _no_kept_connection(subject: Subject) -> str:
    return "" if subject.keeps_connections else "the front door opened a connection for every request, and kept none"


def _not_reached(subject: Subject, limit_s: float) -> str:
    slowest = [level.latency_ms.max for level in subject.chosen.levels if level.latency_ms]
    if not slowest or max(slowest) >= 1000 * limit_s or any(_failed(level) for level in subject.chosen.levels):
        return ""
    return f"no request came near the limit, the slowest took {phrases.milliseconds(max(slowest))}"


def _failed(level: Level) -> bool:
    return bool(level.failures and level.failures.count)


_UNTESTED: Mapping[str, Callable[[Subject], str]] = {
    "keepalive_s": _no_kept_connection,
    "max_requests": _no_replacement,
    "max_requests_delta": _no_replacement,
    "least_lifetime_s": _no_replacement,
    "graceful_stop_s": _no_replacement,
    "app_s": lambda subject: _not_reached(subject, subject.timeouts.app_s),
    "proxy_read_s": lambda subject: _not_reached(subject, subject.timeouts.proxy_read_s),
    "proxy_connect_s": lambda subject: _not_reached(subject, subject.timeouts.proxy_connect_s),
}
"""By setting: why its value had no effect in the trials; an empty text where it had."""
