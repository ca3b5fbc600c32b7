"""What a diagnosis found, as a run of the default comparison has it."""

from dataclasses import replace

from badgateway.model.worker_checks import (
    BlockingLine,
    ConnectCost,
    LoopStops,
    LoopWatch,
    WorkerCheck,
    WorkerChecks,
    WorkerVerdict,
)

HELD = BlockingLine(place="app/school/views/wait.py:22 wait", is_own=True, sightings=109)
FOREIGN = BlockingLine(place="gevent/_socketcommon.py:716 send", is_own=False, sightings=203)
STOPS = LoopStops(window_s=5.0, workers=2, stops=407, blocked_s=7.66, longest_s=0.048, typical_s=0.0373, given_up=1)


def proof(server: str, driver: str, wall_ms: float | None, verdict: WorkerVerdict, **others) -> WorkerCheck:
    return WorkerCheck(
        **{
            "server": server,
            "driver": driver,
            "threads": 1,
            "greenlets": 32,
            "requests": 8,
            "wait_ms": 200,
            "verdict": verdict,
            "wall_ms": wall_ms,
            "statuses": ((200, 16),),
            "reason": "",
            **others,
        }
    )


LATE_PATCH = proof(
    "servers/uwsgi_gevent.ini",
    "pymysql",
    None,
    WorkerVerdict.ERRORS,
    statuses=((500, 10), (0, 6)),
    reason="late monkey-patch: gevent patched after Django was loaded; patch early: DatabaseError",
)
WORKER_CHECKS = WorkerChecks(
    proofs=(
        proof("servers/uwsgi.ini", "mysqlclient", 1626.0, WorkerVerdict.BLOCKING),
        LATE_PATCH,
        proof("servers/gunicorn_gthread.py", "mysqlclient", 812.0, WorkerVerdict.PARTIAL),
        proof("servers/gunicorn_gevent.py", "pymysql", 212.3, WorkerVerdict.COOPERATIVE),
        proof("servers/gunicorn_gevent.py", "mysqlclient", 1648.7, WorkerVerdict.BLOCKING, blocked_by=(FOREIGN, HELD)),
    ),
    connect_costs=(
        ConnectCost(client="PyMySQL, ssl_disabled", connects=20, median_ms=0.31, cpu_ms=0.2, problem=""),
        ConnectCost(client="PyMySQL, as it is", connects=20, median_ms=18.7, cpu_ms=18.6, problem=""),
        ConnectCost(client="mysqlclient, as it is", connects=20, median_ms=None, cpu_ms=None, problem="no module"),
    ),
    loops=(
        LoopWatch(
            configuration="uwsgi-gevent",
            users=300,
            stops=None,
            blocked_by=(),
            problem="uwsgi did not answer on /healthz within 30 s",
        ),
        LoopWatch(
            configuration="gunicorn-gevent",
            users=300,
            stops=replace(STOPS, stops=0, blocked_s=0.0, longest_s=0.0, typical_s=None, given_up=0),
            blocked_by=(),
            problem="",
        ),
        LoopWatch(
            configuration="gunicorn-gevent-mysqlclient", users=300, stops=STOPS, blocked_by=(FOREIGN, HELD), problem=""
        ),
    ),
    complete=True,
)


def hostile(text: str) -> WorkerChecks:
    """Return what logs may hold in every place that has text of theirs."""
    return WorkerChecks(
        proofs=(
            replace(LATE_PATCH, reason=text),
            replace(WORKER_CHECKS.proofs[-1], blocked_by=(replace(HELD, place=text),)),
        ),
        connect_costs=(replace(WORKER_CHECKS.connect_costs[-1], problem=text),),
        loops=(
            replace(WORKER_CHECKS.loops[0], problem=text),
            replace(WORKER_CHECKS.loops[2], blocked_by=(replace(HELD, place=text * 3),)),
        ),
        complete=False,
    )
