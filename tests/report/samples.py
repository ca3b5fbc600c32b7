"""Summaries of runs as the judge would make them: the default comparison, and every awkward case of it."""

from collections.abc import Callable
from dataclasses import replace

from badgateway.model.manifest import Circumstances, EarlierRun
from badgateway.model.outcome import Outcome
from badgateway.model.places import Carried, Limits, Line, Place, Places
from badgateway.model.run_summary import Decision, Recommendation, RunSummary
from badgateway.model.summary import LevelSummary, Proportion, ProxyMessage, Verdict
from tests.report.builders import declared, level, measurement, quantiles, summary
from tests.report.choice_sample import both_loops, study_none, study_picked
from tests.report.comparison import QUEUE_FULL, RANKING, default_comparison, experiment, run_summary
from tests.report.diagnoses import FAMILY, diagnosed, found, line
from tests.report.export_sample import exports
from tests.report.ladder_sample import long_ladder
from tests.report.site_sample import running_site
from tests.report.worker_check_samples import WORKER_CHECKS
from tests.report.worker_check_samples import hostile as hostile_worker_checks


def picked() -> RunSummary:
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration="gunicorn-gthread",
        sentence="Run gunicorn-gthread: no request failed, and with 300 users 95 % of them took at most 741 ms.",
        reasons=(
            "Of the 8 configurations, gunicorn-gthread and uwsgi-16 meet the objective at 50 and at 300 users.",
            "Neither had a failure, so latency decides: p95 741 ms against 871 ms with 300 users.",
            "uwsgi-2 failed 94.8 % of its requests with 300 users: nginx found the accept queue full.",
        ),
        ranking=RANKING,
    )
    return replace(run_summary(default_comparison(), recommendation), worker_checks=WORKER_CHECKS)


def none_qualifies() -> RunSummary:
    recommendation = Recommendation(
        decision=Decision.NONE_QUALIFIES,
        configuration=None,
        sentence="None of the 6 configurations meets the objective with 300 users; the nearest is uwsgi-2-listen.",
        reasons=("uwsgi-2-listen had no failure, but its p95 of 3.98 s is above 1 s.",),
        ranking=tuple(name for name in RANKING if name not in {"gunicorn-gthread", "uwsgi-16"}),
    )
    left = [entry for entry in default_comparison() if entry.verdict is not Verdict.PASS]
    return run_summary(left, recommendation)


def inconclusive() -> RunSummary:
    """One configuration is INVALID at one level, another had no OK request at all."""
    reason = "the client has 812 rows and the proxy 790, so the books do not balance"
    lost = level("gunicorn-gthread", 300, 14, None, verdict=Verdict.INVALID, reasons=(reason,))
    dead = level(
        "uwsgi-2",
        300,
        9,
        measurement({Outcome.BAD_GATEWAY: 24_002}),
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
        ranking=RANKING,
    )
    return run_summary(entries, recommendation)


def never_run(configuration: str) -> LevelSummary:
    """Return a level for which the run had no time."""
    level_of_it = level(configuration, 300, 1, None, verdict=Verdict.INVALID, reasons=("no trial was run",))
    return replace(level_of_it, trials=())


def interrupted() -> RunSummary:
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
        ranking=RANKING,
    )
    return run_summary(entries, recommendation, complete=False)


def tiny() -> RunSummary:
    """One configuration at one level, with numbers that are all different."""
    counts = {Outcome.OK: 1971, Outcome.BAD_GATEWAY: 17, Outcome.GATEWAY_TIMEOUT: 11, Outcome.TRUNCATED: 1}
    measured = replace(
        measurement(counts, (101, 202, 303, 404)),
        failures=Proportion(count=29, total=2000, low=0.00973, high=0.02076),
        first_byte=quantiles(51, 62, 73, 84),
        throughput_rps=197.1,
    )
    only = declared("uwsgi-2", "servers/uwsgi.ini", "mysqlclient", 2, listen=100)
    reasons = ("1.45 % of the requests failed, more than 0.1 %",)
    judged = diagnosed(
        level("uwsgi-2", 300, 1, measured, verdict=Verdict.FAIL, reasons=reasons),
        found("listen-queue-full", 17, 502, line(QUEUE_FULL.first_line)),
        found("slow-request", 9, 504, line("upstream timed out", number=3)),
        found("body-cut-unexplained", 1, 200, line("truncated", file="client.csv", number=5), certainty=FAMILY),
        unattributed=(line("no line tells why", file="nginx-access.jsonl", number=77),),
        unattributed_count=2,
    )
    entry = summary(only, [judged])
    recommendation = Recommendation(
        decision=Decision.NONE_QUALIFIES,
        configuration=None,
        sentence="uwsgi-2 does not meet the objective with 300 users.",
        reasons=reasons,
        ranking=("uwsgi-2",),
    )
    return run_summary([entry], recommendation, declared_experiment=experiment((only,), (300,)))


HOSTILE = "<script>alert(1)</script> & | ` \"quoted\" 'too'\n# not a heading <!-- x --> ]]>"


LINE = Line(round_trip_ms=20, loss=0.01)
PLACE = Place(round_trip_ms=20, loss=0.01, somaxconn=128)
PLACES = Places(load=PLACE, proxy=PLACE, target=PLACE, database=LINE)
"""All that there can be, which no file could say together."""
LIMITS = Limits(somaxconn=128, ip_local_port_range=(32_768, 60_999))


def hostile() -> RunSummary:
    """Text from logs and from the user that tries to leave its place."""
    base = tiny()
    entry = base.configurations[0]
    configuration = entry.configuration.model_copy(update={"note": HOSTILE, "environment": {"APP_MODE": HOSTILE}})
    message = ProxyMessage(message=HOSTILE, count=3, first_line=HOSTILE)
    evil = diagnosed(
        entry.levels[0],
        found("listen-queue-full", 27, 502, *(line(HOSTILE * 200, file=f"{HOSTILE}.log") for _ in range(3))),
        unattributed=(line(f"\x1b[2J\u202e{HOSTILE}"), line(HOSTILE)),
    )
    trial = replace(evil.trials[0], reasons=(HOSTILE,), proxy_messages=(message,))
    entry = replace(
        entry,
        configuration=configuration,
        reasons=(HOSTILE,),
        levels=(replace(evil, reasons=(HOSTILE,), trials=(trial,)),),
    )
    asked = base.experiment.model_copy(
        update={"question": HOSTILE, "configurations": (configuration,), "places": PLACES}
    )
    advice = replace(base.recommendation, sentence=HOSTILE, reasons=(HOSTILE,))
    place = replace(base.environment, system=HOSTILE, versions=((HOSTILE, HOSTILE),))
    return replace(
        base,
        experiment=asked,
        environment=place,
        configurations=(entry,),
        recommendation=advice,
        worker_checks=hostile_worker_checks(HOSTILE),
        limits=dict.fromkeys(("load", "proxy", "target"), LIMITS),
        lines=dict.fromkeys(("load", "proxy", "target", "database"), Carried(packets=20_000, dropped=3)),
    )


CIRCUMSTANCES = Circumstances(
    experiment_digest="0" * 64,
    earlier=(
        EarlierRun(started="2026-11-20T20:00:00Z", experiment_digest="1" * 64, differences=()),
        EarlierRun(
            started="2026-11-21T08:00:00Z",
            experiment_digest="2" * 64,
            differences=("objective.p95_ms was 800 and is 1000", "load.users was 200 and is 300"),
        ),
    ),
    busy="others used 63% of its CPU time, ffmpeg (pid 42) 120% of a core",
)


def nothing_measured() -> RunSummary:
    """The only trial is INVALID, on a busy machine, after two earlier runs."""
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
    made = run_summary([entry], recommendation, declared_experiment=experiment((only,), (300,)))
    return replace(made, circumstances=CIRCUMSTANCES)


def many_levels() -> RunSummary:
    """One configuration at four levels: the panels of the charts wrap."""
    only = declared("gunicorn-gthread", "servers/gunicorn_gthread.py", "mysqlclient", 2, threads=16)
    users = (10, 50, 100, 300)
    entries = [
        level(only.name, number, place, measurement({Outcome.OK: 4000 + number}, (number, 2 * number, 3 * number, 900)))
        for place, number in enumerate(users, start=1)
    ]
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration=only.name,
        sentence="Run gunicorn-gthread: it meets the objective at every level.",
        reasons=("It is the only configuration.",),
        ranking=(only.name,),
    )
    return run_summary([summary(only, entries)], recommendation, declared_experiment=experiment((only,), users))


SAMPLES: dict[str, Callable[[], RunSummary]] = {
    "picked": picked,
    "none-qualifies": none_qualifies,
    "inconclusive": inconclusive,
    "interrupted": interrupted,
    "tiny": tiny,
    "hostile": hostile,
    "many-levels": many_levels,
    "nothing-measured": nothing_measured,
    "long-ladder": long_ladder,
    "exports": exports,
    "running-site": running_site,
    "study-picked": study_picked,
    "study-none": study_none,
    "both-loops": both_loops,
}
