"""A ladder with all that one can have: 28 configurations in seven steps, distances, a confirmation."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from badgateway.judge.axis_rankings import rank_along_axes
from badgateway.judge.ladder import ladder
from badgateway.model.axis import DATABASE_DISTANCE, SIZE_CPU, USUAL, moved
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Confirmation, Decision, Recommendation, RunSummary
from badgateway.model.samples import ContainerUse, DatabaseConnections, WorkerGaps
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, Pace, RouteMeasurement, Verdict
from tests.judge.causes_of import evenly
from tests.report.builders import OBJECTIVE, declared, level, measurement, proportion, quantiles, summary
from tests.report.comparison import QUEUE_FULL, experiment, run_summary
from tests.report.diagnoses import FAMILY, diagnosed, found, line

USERS = 150
THROTTLED = ContainerUse(
    periods=80, throttled_periods=24, throttled_s=1.7, peak_memory_bytes=None, memory_limit_bytes=None, kills=None
)
UWSGI, GEVENT, GTHREAD = "servers/uwsgi.ini", "servers/uwsgi_gevent.ini", "servers/gunicorn_gthread.py"
ROUTES = ("GET /members/", "GET /wait/", "POST /scores/")

BEGAN, WORKERS, DYING, POOL = "Where it began", "More workers", "Workers that die", "A pool of database connections"
GREENLETS, MOVE, UNTRIED = "PyMySQL and gevent", "From uWSGI to Gunicorn", "What was not tried"

_Configuration = tuple[str, str, dict[str, Any], int, int]
"""Step, the configuration it is compared with, settings, failures of 4,000 requests, p95 in ms."""

CONFIGURATIONS: dict[str, _Configuration] = {
    "uwsgi-2": (BEGAN, "", {"listen": 100}, 3790, 1402),
    "uwsgi-4": (WORKERS, "uwsgi-2", {"workers": 4, "listen": 100}, 3710, 1390),
    "uwsgi-6": (WORKERS, "uwsgi-2", {"workers": 6, "listen": 100}, 3480, 1350),
    "uwsgi-8": (WORKERS, "uwsgi-2", {"workers": 8, "listen": 100}, 640, 1240),
    "uwsgi-12": (WORKERS, "uwsgi-2", {"workers": 12, "listen": 100}, 31, 901),
    "uwsgi-16": (WORKERS, "uwsgi-2", {"workers": 16, "listen": 1024}, 0, 640),
    "uwsgi-12-recycled": (DYING, "uwsgi-12", {"workers": 12, "listen": 100, "max_requests": 150}, 402, 1003),
    "uwsgi-12-recycled-apart": (
        DYING,
        "uwsgi-12-recycled",
        {"workers": 12, "listen": 100, "max_requests": 150, "max_requests_delta": 40},
        33,
        940,
    ),
    "uwsgi-12-recycled-preloaded": (DYING, "uwsgi-12", {"workers": 12, "listen": 100, "preload": False}, 29, 930),
    "uwsgi-16-slow-queries": (DYING, "uwsgi-16", {"workers": 16, "environment": {"APP_SLOW_MS": "1500"}}, 0, 1702),
    "uwsgi-16-harakiri": (
        DYING,
        "uwsgi-16-slow-queries",
        {"workers": 16, "environment": {"APP_SLOW_MS": "1500"}},
        81,
        860,
    ),
    "uwsgi-gevent-recycled": (DYING, "uwsgi-gevent", {"server": GEVENT, "max_requests": 500}, 12, 1120),
    "uwsgi-gevent-no-mercy": (DYING, "uwsgi-gevent-recycled", {"server": GEVENT, "graceful_stop_s": 1}, 64, 1180),
    "uwsgi-16-conn-max-age": (POOL, "uwsgi-16", {"workers": 16, "conn_max_age_s": 60}, 0, 570),
    "uwsgi-16-pool": (POOL, "uwsgi-16", {"workers": 16, "pool": 1}, 0, 612),
    "uwsgi-gevent-pool": (POOL, "uwsgi-gevent", {"server": GEVENT, "pool": 8}, 0, 720),
    "uwsgi-gevent-pool-kept": (
        POOL,
        "uwsgi-gevent-pool",
        {"server": GEVENT, "pool": 8, "conn_max_age_s": 60},
        900,
        2100,
    ),
    "uwsgi-16-pymysql": (GREENLETS, "uwsgi-16", {"workers": 16, "driver": "pymysql"}, 0, 700),
    "uwsgi-gevent": (GREENLETS, "uwsgi-16", {"server": GEVENT, "driver": "pymysql"}, 0, 810),
    "uwsgi-gevent-late": (GREENLETS, "uwsgi-gevent", {"server": "servers/uwsgi_gevent_late.ini"}, 4000, 0),
    "uwsgi-gevent-tls": (GREENLETS, "uwsgi-gevent", {"server": GEVENT, "database_tls": True}, 2, 1600),
    "gunicorn-gevent": (MOVE, "uwsgi-gevent", {"server": "servers/gunicorn_gevent.py", "driver": "pymysql"}, 0, 760),
    "gunicorn-gevent-mysqlclient": (MOVE, "gunicorn-gevent", {"server": "servers/gunicorn_gevent.py"}, 2210, 3900),
    "uwsgi-2-listen": (UNTRIED, "uwsgi-2", {"listen": 1024}, 0, 3100),
    "uwsgi-2-tcp": (UNTRIED, "uwsgi-2", {"listen": 100, "transport": "tcp"}, 0, 3050),
    "gunicorn-gthread": (UNTRIED, "gunicorn-gevent", {"server": GTHREAD, "threads": 32}, 0, 520),
    "gunicorn-gthread-pool": (UNTRIED, "gunicorn-gthread", {"server": GTHREAD, "threads": 32, "pool": 8}, 0, 505),
    "gunicorn-gthread-balanced": (
        UNTRIED,
        "gunicorn-gthread",
        {"server": GTHREAD, "front_door": "load-balancer"},
        1,
        540,
    ),
}
DISTANT = {"uwsgi-16": (640, 900, 2100), "uwsgi-16-pymysql": (700, 930, 1900), "gunicorn-gevent": (760, 800, 950)}
DISTANCES_MS = (0.0, 1.0, 5.0)


def _declared(name: str) -> Configuration:
    step, against, settings, _, _ = CONFIGURATIONS[name]
    given: dict[str, Any] = {
        "server": UWSGI,
        "driver": "mysqlclient",
        "workers": 2,
        "note": f"Tries {name}, and nothing else.",
    } | settings
    distances = DISTANCES_MS if name in DISTANT else (0.0,)
    return declared(name, **given, step=step, against=against or None, database_distances_ms=distances)


def routes(total: int, failed: int, p95_ms: float) -> tuple[RouteMeasurement, ...]:
    """Part requests among the routes."""
    counts = {name: (total // len(ROUTES), failed // len(ROUTES)) for name in ROUTES}
    latency = quantiles(p95_ms / 2, p95_ms, p95_ms * 1.3, p95_ms * 1.5) if failed < total else None
    return tuple(
        RouteMeasurement(
            name=name, requests=size, outcomes=(), failures=proportion(bad, size), latency=latency, first_byte=latency
        )
        for name, (size, bad) in counts.items()
    )


def _measured(failed: int, p95_ms: float, total: int = 4000) -> Measurement:
    counts = {Outcome.OK: total - failed, Outcome.BAD_GATEWAY: failed}
    latency = (p95_ms / 2, p95_ms, p95_ms * 1.3, p95_ms * 1.5) if failed < total else None
    shown = measurement(counts, latency)
    seconds = evenly(failed, total)
    paces = tuple(Pace(p50_ms=p95_ms / 2, p95_ms=p95_ms) if latency else None for _ in seconds)
    return replace(shown, routes=routes(total, failed, p95_ms), seconds=seconds, paces=paces)


def _level(name: str, position: int, measured: Measurement, distance_ms: float = 0.0) -> LevelSummary:
    late = measured.latency is None or measured.latency.p95_ms > OBJECTIVE.p95_ms
    fails = late or measured.failures.share > OBJECTIVE.max_failure_share
    one = level(
        name,
        USERS,
        position,
        measured,
        verdict=Verdict.FAIL if fails else Verdict.PASS,
        reasons=("it misses the objective",) if fails else (),
        messages=(QUEUE_FULL,) if measured.failures.count else (),
    )
    (trial,) = one.trials
    trial = replace(
        trial,
        trial=replace(trial.trial, database_distance_ms=distance_ms),
        connections=_connections(name),
        worker_gaps=WorkerGaps(count=3, total_s=2.4) if name == "uwsgi-12-recycled" else None,
    )
    at = moved(DATABASE_DISTANCE, USUAL, distance_ms)
    if name == "uwsgi-16-harakiri":
        at = moved(SIZE_CPU, at, 0.5)
        trial = replace(trial, trial=replace(trial.trial, cpu_limit=0.5), container=THROTTLED)
    return replace(one, trials=(trial,), at=at)


def _connections(name: str) -> DatabaseConnections | None:
    """Return samples that no two configurations have alike; one has none, and one was unseen for a while."""
    if name == "uwsgi-gevent-late":
        return None
    random = Random(name)
    most = random.choice((2, 12, 16, 64))
    held: list[int | None] = [random.randint(most // 2, most) for _ in range(60)]
    if name == "uwsgi-gevent-tls":
        held[20:32] = [None] * 12
    seen = [value for value in held if value is not None]
    return DatabaseConnections(
        window_s=8.0, held=tuple(held), peak=max(seen), limit=150, opened_per_s=None if most == 2 else 317.4
    )


def _why(one: LevelSummary) -> LevelSummary:
    assert one.measurement is not None
    failed = one.measurement.failures.count
    if not failed:
        return diagnosed(one)
    other = failed // 4
    proof = line(QUEUE_FULL.first_line)
    doubtful = found("502-connection-closed", other, 502, proof, certainty=FAMILY)
    return diagnosed(one, found("listen-queue-full", failed - other, 502, proof), *([doubtful] if other else []))


def _summaries(asked: Experiment) -> Iterator[ConfigurationSummary]:
    for position, configuration in enumerate(asked.configurations, start=1):
        name = configuration.name
        _, _, _, failed, p95_ms = CONFIGURATIONS[name]
        near = _why(_level(name, position, _measured(failed, p95_ms)))
        far = tuple(
            _why(_level(name, 100 + 3 * position + place, _measured(0, DISTANT[name][place]), distance_ms))
            for place, distance_ms in enumerate(configuration.database_distances_ms)
            if distance_ms
        )
        yield replace(summary(configuration, [near]), distant_levels=far)


def long_ladder() -> RunSummary:
    """Return the run."""
    configurations = tuple(map(_declared, CONFIGURATIONS))
    asked = experiment(configurations, (USERS,))
    summaries = tuple(_summaries(asked))
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration="gunicorn-gthread-pool",
        sentence="Run gunicorn-gthread-pool: at 150 users 0 of 4,000 requests failed, and the p95 was 505 ms.",
        reasons=("It is ahead of the others by its p95.",),
        ranking=tuple(one.configuration.name for one in summaries),
    )
    pick = next(one for one in summaries if one.configuration.name == "gunicorn-gthread-pool")
    return replace(
        run_summary(summaries, recommendation, declared_experiment=asked),
        ladder=ladder(asked, summaries),
        axis_rankings=rank_along_axes(asked, summaries),
        confirmation=Confirmation(
            level=pick.levels[0],
            rate_per_minute=19_000,
            sent_per_minute=18_990.5,
            is_sent=True,
        ),
    )
