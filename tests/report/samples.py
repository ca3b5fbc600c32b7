"""Summaries of studies as the judge would make them: the default comparison, and every awkward case of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import sqrt
from pathlib import PurePosixPath
from typing import Any

from badgateway.model.environment import Environment
from badgateway.model.experiment import Configuration, Experiment, Load, Objective
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import (
    ConfigurationSummary,
    Decision,
    LevelSummary,
    Measurement,
    OutcomeShare,
    ProcessUse,
    Proportion,
    ProxyMessage,
    Quantiles,
    Recommendation,
    StudySummary,
    TrialSummary,
    Verdict,
)
from badgateway.model.trial import Trial

WINDOW_S = 10
OBJECTIVE = Objective(max_failure_share=0.001, p95_ms=1000)
QUEUE_FULL = ProxyMessage(
    message="connect() to unix:* failed (11: Resource temporarily unavailable) while connecting to upstream",
    count=20_331,
    first_line=(
        "2026/03/14 09:26:53 [error] 4242#4242: *1 connect() to unix:/run/uwsgi.sock failed "
        '(11: Resource temporarily unavailable) while connecting to upstream, request: "GET /members/?page=7 HTTP/1.1"'
    ),
)
READ_TIMEOUT = ProxyMessage(
    message="upstream timed out (110: Connection timed out) while reading response header from upstream",
    count=412,
    first_line=(
        "2026/03/14 09:31:07 [error] 4711#4711: *88 upstream timed out (110: Connection timed out) while reading "
        'response header from upstream, request: "GET /wait/?db_ms=20 HTTP/1.1"'
    ),
)


def proportion(count: int, total: int) -> Proportion:
    """Return a share with Wilson's interval, which is near enough to the exact one for a sample."""
    share, spread = count / total, 3.84 / total
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Proportion(count=count, total=total, low=low if count else 0.0, high=high if count < total else 1.0)


def quantiles(p50_ms: float, p95_ms: float, p99_ms: float, max_ms: float) -> Quantiles:
    return Quantiles(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms, max_ms=max_ms)


def measurement(counts: Mapping[Outcome, int], latency: tuple[float, float, float, float] | None = None) -> Measurement:
    """Add up counts of outcomes; `latency` is (p50, p95, p99, max) in ms."""
    total = sum(counts.values())
    ok = counts.get(Outcome.OK, 0)
    found = quantiles(*latency) if latency else None
    late = bool(found and found.p95_ms > OBJECTIVE.p95_ms)
    return Measurement(
        requests=total,
        outcomes=tuple(
            OutcomeShare(outcome=outcome, proportion=proportion(counts[outcome], total))
            for outcome in Outcome
            if counts.get(outcome)
        ),
        failures=proportion(sum(counts.get(outcome, 0) for outcome in FAILURES), total),
        latency=found,
        first_byte=quantiles(*(0.9 * value for value in latency)) if latency else None,
        over_objective=proportion(ok // 10 if late else 0, ok) if ok else None,
        throughput_rps=ok / WINDOW_S,
    )


def uses() -> tuple[ProcessUse, ...]:
    return tuple(
        ProcessUse(part=part, cpu_s=cpu, peak_rss_bytes=rss * 2**20, rss_growth_bytes=growth * 2**20)
        for part, cpu, rss, growth in (
            ("locust", 6.4, 88, 3),
            ("mariadb", 4.9, 211, 0),
            ("nginx", 0.8, 11, 0),
            ("server", 11.2, 142, 5),
        )
    )


def trial(
    configuration: str,
    users: int,
    position: int,
    measured: Measurement | None,
    *,
    verdict: Verdict = Verdict.PASS,
    reasons: tuple[str, ...] = (),
    messages: tuple[ProxyMessage, ...] = (),
) -> TrialSummary:
    return TrialSummary(
        trial=Trial(block=1, position=position, configuration=configuration, users=users, seed=1000 + users),
        verdict=verdict,
        reasons=reasons,
        measurement=measured,
        proxy_messages=messages,
        uses=uses() if measured else (),
        overhead_s=2.75,
    )


def level(
    configuration: str,
    users: int,
    position: int,
    measured: Measurement | None,
    *,
    verdict: Verdict = Verdict.PASS,
    reasons: tuple[str, ...] = (),
    messages: tuple[ProxyMessage, ...] = (),
) -> LevelSummary:
    run = trial(configuration, users, position, measured, verdict=verdict, reasons=reasons, messages=messages)
    return LevelSummary(
        configuration=configuration,
        users=users,
        verdict=verdict,
        reasons=reasons,
        measurement=measured,
        trials=(run,),
    )


def summary(configuration: Configuration, levels: Sequence[LevelSummary]) -> ConfigurationSummary:
    worst = max((entry.verdict for entry in levels), key=list(Verdict).index)
    reasons = tuple(f"at {entry.users} users: {reason}" for entry in levels for reason in entry.reasons)
    return ConfigurationSummary(configuration=configuration, verdict=worst, reasons=reasons, levels=tuple(levels))


def environment() -> Environment:
    return Environment(
        system="Linux 6.18.5, Debian GNU/Linux 12 (bookworm)",
        cpu="AMD EPYC 7B13",
        cores=2,
        memory_bytes=8_331_706_368,
        python="3.11.2",
        somaxconn=4096,
        account="nobody",
        versions=(
            ("Django", "5.2.7"),
            ("Locust", "2.47.0"),
            ("MariaDB", "10.11.14"),
            ("PyMySQL", "1.2.4"),
            ("gevent", "25.9.1"),
            ("gunicorn", "27.0.0"),
            ("mysqlclient", "2.2.8"),
            ("nginx", "1.22.1"),
            ("uWSGI", "2.0.31"),
        ),
    )


def declared(name: str, server: str, driver: Any, workers: int, **others: Any) -> Configuration:
    return Configuration(name=name, server=PurePosixPath(server), driver=driver, workers=workers, **others)


CONFIGURATIONS = (
    declared(
        "uwsgi-2",
        "servers/uwsgi.ini",
        "mysqlclient",
        2,
        listen=100,
        note="The baseline of the 502 story: two processes and uWSGI's own short queue.",
    ),
    declared(
        "uwsgi-2-listen",
        "servers/uwsgi.ini",
        "mysqlclient",
        2,
        note="The same two processes behind a queue of 1,024.",
    ),
    declared("uwsgi-16", "servers/uwsgi.ini", "mysqlclient", 16),
    declared("uwsgi-gevent", "servers/uwsgi_gevent.ini", "pymysql", 2),
    declared("gunicorn-sync", "servers/gunicorn_sync.py", "mysqlclient", 2),
    declared("gunicorn-gthread", "servers/gunicorn_gthread.py", "mysqlclient", 2, threads=16),
    declared("gunicorn-gevent", "servers/gunicorn_gevent.py", "pymysql", 2),
    declared(
        "gunicorn-gevent-mysqlclient",
        "servers/gunicorn_gevent.py",
        "mysqlclient",
        2,
        note="The trap: a C driver that gevent cannot switch away from.",
    ),
)

_OK, _502, _504, _CUT = Outcome.OK, Outcome.BAD_GATEWAY, Outcome.GATEWAY_TIMEOUT, Outcome.TRUNCATED
_LATE = "p95 of {} is above 1 s"
_FAILED = "{} of the requests failed, more than 0.1 %"

_COUNTS = {
    ("uwsgi-2", 50): ({_OK: 742}, (640, 702, 741, 803)),
    ("uwsgi-2", 300): ({_OK: 1121, _502: 20_331}, (1290, 1402, 1461, 1530)),
    ("uwsgi-2-listen", 50): ({_OK: 751}, (633, 698, 733, 790)),
    ("uwsgi-2-listen", 300): ({_OK: 768}, (3880, 3975, 4012, 4071)),
    ("uwsgi-16", 50): ({_OK: 4410}, (92, 171, 226, 401)),
    ("uwsgi-16", 300): ({_OK: 4502}, (604, 871, 1122, 1490)),
    ("uwsgi-gevent", 50): ({_OK: 3420}, (131, 260, 371, 590)),
    ("uwsgi-gevent", 300): ({_OK: 3380, _CUT: 7, _502: 3}, (812, 1610, 2240, 3102)),
    ("gunicorn-sync", 50): ({_OK: 690}, (702, 790, 851, 930)),
    ("gunicorn-sync", 300): ({_OK: 701, _504: 38}, (4021, 4470, 4790, 4980)),
    ("gunicorn-gthread", 50): ({_OK: 5230}, (71, 142, 190, 312)),
    ("gunicorn-gthread", 300): ({_OK: 5310}, (512, 741, 932, 1271)),
    ("gunicorn-gevent", 50): ({_OK: 3610}, (118, 241, 330, 541)),
    ("gunicorn-gevent", 300): ({_OK: 3570, _504: 1}, (770, 1320, 1850, 2790)),
    ("gunicorn-gevent-mysqlclient", 50): ({_OK: 702}, (690, 1240, 1810, 2410)),
    ("gunicorn-gevent-mysqlclient", 300): ({_OK: 388, _504: 412, _502: 96}, (3410, 4820, 4960, 4995)),
}
_RANKING = (
    "gunicorn-gthread",
    "uwsgi-16",
    "uwsgi-2-listen",
    "gunicorn-gevent",
    "uwsgi-gevent",
    "gunicorn-sync",
    "gunicorn-gevent-mysqlclient",
    "uwsgi-2",
)


def _judged(name: str, users: int, position: int) -> LevelSummary:
    counts, latency = _COUNTS[name, users]
    measured = measurement(counts, latency)
    reasons = []
    if measured.failures.share > OBJECTIVE.max_failure_share:
        reasons.append(_FAILED.format(f"{measured.failures.share:.1%}"))
    if latency[1] > OBJECTIVE.p95_ms:
        reasons.append(_LATE.format(f"{latency[1] / 1000:.2f} s"))
    messages = tuple(
        replace(message, count=counts[outcome])
        for outcome, message in ((_502, QUEUE_FULL), (_504, READ_TIMEOUT))
        if outcome in counts
    )
    verdict = Verdict.FAIL if reasons else Verdict.PASS
    return level(name, users, position, measured, verdict=verdict, reasons=tuple(reasons), messages=messages)


def experiment(
    configurations: tuple[Configuration, ...] = CONFIGURATIONS, users: tuple[int, ...] = (50, 300)
) -> Experiment:
    return Experiment(
        name="concurrency",
        question="Two uWSGI processes answer 502 under load. Which server configuration stops it?",
        seed=7,
        load=Load(locustfile=PurePosixPath("experiments/concurrency.py"), users=users, window_s=WINDOW_S),
        objective=OBJECTIVE,
        configurations=configurations,
    )


def study(
    configurations: Sequence[ConfigurationSummary],
    recommendation: Recommendation,
    *,
    declared_experiment: Experiment | None = None,
    complete: bool = True,
) -> StudySummary:
    return StudySummary(
        experiment=declared_experiment or experiment(),
        started="2026-03-14T09:26:53Z",
        command="badgateway run experiments/concurrency.toml",
        seed=7,
        environment=environment(),
        complete=complete,
        configurations=tuple(configurations),
        recommendation=recommendation,
    )


def default_comparison() -> list[ConfigurationSummary]:
    """Eight configurations at two levels, as in the default experiment."""
    return [
        summary(configuration, [_judged(configuration.name, 50, place), _judged(configuration.name, 300, place + 8)])
        for place, configuration in enumerate(CONFIGURATIONS, start=1)
    ]


def picked() -> StudySummary:
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration="gunicorn-gthread",
        sentence="Run gunicorn-gthread: no request failed, and with 300 users 95 % of them took at most 741 ms.",
        reasons=(
            "Of the 8 configurations, gunicorn-gthread and uwsgi-16 meet the objective at 50 and at 300 users.",
            "Neither had a failure, so latency decides: p95 741 ms against 871 ms with 300 users.",
            "uwsgi-2 failed 94.8 % of its requests with 300 users: nginx found the accept queue full.",
        ),
        ranking=_RANKING,
    )
    return study(default_comparison(), recommendation)


def none_qualifies() -> StudySummary:
    recommendation = Recommendation(
        decision=Decision.NONE_QUALIFIES,
        configuration=None,
        sentence="None of the 6 configurations meets the objective with 300 users; the nearest is uwsgi-2-listen.",
        reasons=("uwsgi-2-listen had no failure, but its p95 of 3.98 s is above 1 s.",),
        ranking=tuple(name for name in _RANKING if name not in {"gunicorn-gthread", "uwsgi-16"}),
    )
    left = [entry for entry in default_comparison() if entry.verdict is not Verdict.PASS]
    return study(left, recommendation)


def inconclusive() -> StudySummary:
    """One configuration is INVALID at one level, another had no OK request at all."""
    reason = "the client has 812 rows and the proxy 790, so the books do not balance"
    lost = level("gunicorn-gthread", 300, 14, None, verdict=Verdict.INVALID, reasons=(reason,))
    dead = level(
        "uwsgi-2",
        300,
        9,
        measurement({_502: 24_002}),
        verdict=Verdict.FAIL,
        reasons=("none of 24,002 requests was OK: 24,002 x 502",),
        messages=(QUEUE_FULL,),
    )
    changed = {"gunicorn-gthread": lost, "uwsgi-2": dead}
    entries = [
        summary(entry.configuration, [entry.levels[0], changed.get(entry.configuration.name, entry.levels[1])])
        for entry in default_comparison()
    ]
    recommendation = Recommendation(
        decision=Decision.INCONCLUSIVE,
        configuration=None,
        sentence="Not decided: gunicorn-gthread could be the best, but its trial with 300 users is INVALID.",
        reasons=(reason, "uwsgi-16 meets the objective at both levels."),
        ranking=_RANKING,
    )
    return study(entries, recommendation)


def never_run(configuration: str) -> LevelSummary:
    """Return a level for which the run had no time."""
    level_of_it = level(configuration, 300, 1, None, verdict=Verdict.INVALID, reasons=("no trial was run",))
    return replace(level_of_it, trials=())


def interrupted() -> StudySummary:
    """Stopped after the trials with 50 users and an aborted one; the others were never run."""
    aborted = level(
        "uwsgi-2",
        300,
        9,
        None,
        verdict=Verdict.INVALID,
        reasons=("nginx did not answer on /healthz within 10 s",),
    )
    entries = [
        summary(
            entry.configuration,
            [
                entry.levels[0],
                aborted if entry.configuration.name == "uwsgi-2" else never_run(entry.configuration.name),
            ],
        )
        for entry in default_comparison()
    ]
    recommendation = Recommendation(
        decision=Decision.INCONCLUSIVE,
        configuration=None,
        sentence="Not decided: the run was interrupted before any configuration was measured with 300 users.",
        reasons=("9 of 16 trials were run.",),
        ranking=_RANKING,
    )
    return study(entries, recommendation, complete=False)


def tiny() -> StudySummary:
    """One configuration at one level, with numbers that are all different."""
    counts = {_OK: 1971, _502: 17, _504: 11, _CUT: 1}
    measured = replace(
        measurement(counts, (101, 202, 303, 404)),
        failures=Proportion(count=29, total=2000, low=0.00973, high=0.02076),
        first_byte=quantiles(51, 62, 73, 84),
        throughput_rps=197.1,
    )
    only = declared("uwsgi-2", "servers/uwsgi.ini", "mysqlclient", 2, listen=100)
    reasons = ("1.45 % of the requests failed, more than 0.1 %",)
    entry = summary(only, [level("uwsgi-2", 300, 1, measured, verdict=Verdict.FAIL, reasons=reasons)])
    recommendation = Recommendation(
        decision=Decision.NONE_QUALIFIES,
        configuration=None,
        sentence="uwsgi-2 does not meet the objective with 300 users.",
        reasons=reasons,
        ranking=("uwsgi-2",),
    )
    return study([entry], recommendation, declared_experiment=experiment((only,), (300,)))


HOSTILE = "<script>alert(1)</script> & | ` \"quoted\" 'too'\n# not a heading <!-- x --> ]]>"


def hostile() -> StudySummary:
    """Text from logs and from the user that tries to leave its place."""
    base = tiny()
    entry = base.configurations[0]
    configuration = entry.configuration.model_copy(update={"note": HOSTILE, "environment": {"APP_MODE": HOSTILE}})
    message = ProxyMessage(message=HOSTILE, count=3, first_line=HOSTILE)
    run = replace(entry.levels[0].trials[0], reasons=(HOSTILE,), proxy_messages=(message,))
    entry = replace(
        entry,
        configuration=configuration,
        reasons=(HOSTILE,),
        levels=(replace(entry.levels[0], reasons=(HOSTILE,), trials=(run,)),),
    )
    asked = base.experiment.model_copy(update={"question": HOSTILE, "configurations": (configuration,)})
    advice = replace(base.recommendation, sentence=HOSTILE, reasons=(HOSTILE,))
    place = replace(base.environment, system=HOSTILE, versions=((HOSTILE, HOSTILE),))
    return replace(base, experiment=asked, environment=place, configurations=(entry,), recommendation=advice)


def nothing_measured() -> StudySummary:
    """The only trial is INVALID."""
    only = declared("uwsgi-2", "servers/uwsgi.ini", "mysqlclient", 2, listen=100)
    reasons = ("the load generator was saturated (97 % of one core)",)
    entry = summary(only, [level("uwsgi-2", 300, 1, None, verdict=Verdict.INVALID, reasons=reasons)])
    recommendation = Recommendation(
        decision=Decision.INCONCLUSIVE,
        configuration=None,
        sentence="Not decided: nothing was measured.",
        reasons=reasons,
        ranking=("uwsgi-2",),
    )
    return study([entry], recommendation, declared_experiment=experiment((only,), (300,)))


def many_levels() -> StudySummary:
    """One configuration at four levels: the panels of the charts wrap."""
    only = declared("gunicorn-gthread", "servers/gunicorn_gthread.py", "mysqlclient", 2, threads=16)
    users = (10, 50, 100, 300)
    entries = [
        level(only.name, number, place, measurement({_OK: 4000 + number}, (number, 2 * number, 3 * number, 900)))
        for place, number in enumerate(users, start=1)
    ]
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration=only.name,
        sentence="Run gunicorn-gthread: it meets the objective at every level.",
        reasons=("It is the only configuration.",),
        ranking=(only.name,),
    )
    return study([summary(only, entries)], recommendation, declared_experiment=experiment((only,), users))


SAMPLES: dict[str, Callable[[], StudySummary]] = {
    "picked": picked,
    "none-qualifies": none_qualifies,
    "inconclusive": inconclusive,
    "interrupted": interrupted,
    "tiny": tiny,
    "hostile": hostile,
    "many-levels": many_levels,
    "nothing-measured": nothing_measured,
}
