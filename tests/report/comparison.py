"""The default comparison with numbers like those it shows: eight configurations at two load levels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment, Load
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Recommendation, RunSummary
from badgateway.model.samples import Pressure
from badgateway.model.summary import ConfigurationSummary, LevelSummary, ProxyMessage, Verdict
from tests.report.builders import OBJECTIVE, WINDOW_S, declared, environment, level, measurement, summary
from tests.report.diagnoses import FAMILY, diagnosed, found, line

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
_CLOSED = line(
    "2026/03/14 09:40:11 [error] 4901#4901: *312 upstream prematurely closed connection while reading response header "
    'from upstream, client: 127.0.0.1, server: , request: "GET /export/?term=... HTTP/1.1"'
)
_LATE_LINE = (
    '{"time_s":1773480667.114,"request_id":"6f1f0c0e2b3b4b1d","status":504,"method":"GET","uri":"/wait/?db_ms=...",'
    '"upstream_connect_time_s":"0.000","upstream_header_time_s":"-","upstream_response_time_s":"5.003"}'
)
_CAUSES = {
    ("uwsgi-2", 300): (
        found(
            "listen-queue-full",
            20_331,
            502,
            line(QUEUE_FULL.first_line),
            line(QUEUE_FULL.first_line.replace("*1 ", "*3 "), number=13),
        ),
    ),
    ("uwsgi-gevent", 300): (
        found("body-cut-unexplained", 7, 200, line("200 29131", file="client.csv", number=412), certainty=FAMILY),
        found("502-connection-closed", 3, 502, _CLOSED, certainty=FAMILY),
    ),
    ("gunicorn-sync", 300): (found("slow-request", 38, 504, line(READ_TIMEOUT.first_line, number=4)),),
    ("gunicorn-gevent-mysqlclient", 300): (
        found("event-loop-blocked", 409, 504, line(READ_TIMEOUT.first_line, number=1)),
        found(
            "gunicorn-timeout-502",
            96,
            502,
            line("[2026-03-14 09:31:02 +0000] [4702] [CRITICAL] WORKER TIMEOUT (pid:4711)", file="server.log"),
        ),
    ),
}
_UNATTRIBUTED = {("gunicorn-gevent", 300): 1, ("gunicorn-gevent-mysqlclient", 300): 3}
_PRESSURE = {
    ("uwsgi-2", 300): Pressure(
        window_s=WINDOW_S,
        queue=(*range(0, 101, 4), *[None] * 3, *[100] * 71),
        queue_limit=100,
        busy=(0, 1, *[2] * 98),
        workers=2,
        memory_bytes=(None,) * 100,
        memory_limit_bytes=None,
        failed=(*[0] * 29, *[286] * 71),
    ),
}
RANKING = (
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
    judged = level(name, users, position, measured, verdict=verdict, reasons=tuple(reasons), messages=messages)
    seen = tuple(replace(trial, pressure=_PRESSURE.get((name, users))) for trial in judged.trials)
    return diagnosed(
        replace(judged, trials=seen),
        *_CAUSES.get((name, users), ()),
        unattributed=[
            line(_LATE_LINE, file="nginx-access.jsonl", number=90 + place)
            for place in range(_UNATTRIBUTED.get((name, users), 0))
        ],
    )


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


def run_summary(
    configurations: Sequence[ConfigurationSummary],
    recommendation: Recommendation,
    *,
    declared_experiment: Experiment | None = None,
    complete: bool = True,
) -> RunSummary:
    return RunSummary(
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
