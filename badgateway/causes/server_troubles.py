"""What a server's own lines tell beside deaths: it did not load, held a worker for nobody, gave up writing."""

from badgateway.causes.conditions import (
    CONNECTION_CLOSED,
    ENDED_EARLY,
    GUNICORN,
    NOBODY_LISTENED,
    OF_ITS_SERVER,
    listed,
)
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Proof, Rule, died_as, inside, near
from badgateway.causes.spans import Span
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob

NOT_LOADED = Cause(
    id="application-not-loaded",
    title="The server could not import the application",
    family="connections",
    statuses=(500, 502),
    explanation="The import raised an exception. Gunicorn then ends, and nothing listens at its address; uWSGI runs on "
    "without an application and answers 500 itself.",
    evidence="Gunicorn: `Worker failed to boot.` and then nginx's `Connection refused` or `No such file`, until it "
    "listens again; uWSGI: `--- no python application found` within a second of the 500.",
    remedies=(
        Remedy(text="Read the traceback above that line, and try the import: `python -c 'import site.wsgi'`."),
        Remedy(text="Let uWSGI end instead of running without the application.", knobs=(Knob.NEEDED_APPLICATION,)),
    ),
    confused_with="Not the proxy, and not an address that is wrong: the server was there, and went.",
)

IDLE_HELD = Cause(
    id="worker-held-by-idle-connection",
    title="A sync worker waited for a request that never came",
    family="worker time limits",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A browser or a load balancer opened a connection and sent nothing. A sync worker of Gunicorn waits on "
    "it until --timeout, serves nobody meanwhile, and is then ended, with what was waiting for it.",
    evidence="Gunicorn: `WORKER TIMEOUT (pid:N)` and `Error handling request (no URI read)` of the same pid.",
    remedies=(
        Remedy(
            text="Use threads: they hold idle connections without a worker.",
            knobs=(Knob.THREADS,),
        ),
        Remedy(text="Put nginx before Gunicorn (proxy_pass): it hands over whole requests only."),
    ),
    confused_with="No request was slow, and nothing is blocked: nothing had been asked.",
)

OUT_OF_MEMORY = Cause(
    id="out-of-memory",
    title="The kernel killed the worker, for memory had run out",
    family="worker deaths",
    statuses=(502, 503, 200),
    explanation="The machine, or the container, had no memory left, and the kernel chose this process. Its requests "
    "died with it.",
    evidence="The kernel's log: `Out of memory: Killed process P (gunicorn)` within two seconds of the death of that "
    "process in the server's log, or, as a family, of the failure and of a process of that name. As a family too what "
    "others tell of it: systemd's `killed by the OOM killer`, Kubernetes' `OOMKilled`, Cloud Run's `Memory limit ... "
    "exceeded`.",
    remedies=(
        Remedy(
            text="Replace workers before they get too large.",
            knobs=(Knob.MEMORY_LIMIT,),
        ),
        Remedy(
            text="Do not hold whole results: iterate, and write exports row by row.", settings={"Django": ".iterator()"}
        ),
        Remedy(text="Fewer workers, or more memory.", settings={"Docker, Kubernetes": "memory limit"}),
    ),
    confused_with="Of a container's limit, or a unit's, the kernel writes `Memory cgroup out of memory`: the machine "
    "may have plenty then, see container-memory-limit.",
)

REPLACED_SILENTLY = Cause(
    id="worker-replaced-silently",
    title="Gunicorn started a new worker in that second, and does not say why",
    family="worker deaths",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A worker ended without a word: it crashed (worker-crashed) or was killed (worker-killed). Gunicorn "
    "before 20.1 logs neither; only its replacement shows.",
    evidence="nginx: `upstream prematurely closed connection`, and Gunicorn: `Booting worker with pid` within a "
    "second, no line about the end of another worker, and no start or reload at that time.",
    remedies=(
        Remedy(text="Ask the kernel: `dmesg -T | grep -iE 'oom|segfault'`."),
        Remedy(text="Use a version that says how workers end: 20.1 and later."),
        Remedy(text="Get the stack of a crash.", settings={"Python": "PYTHONFAULTHANDLER=1"}),
    ),
)

BOOT_LOOP = Cause(
    id="worker-boot-loop",
    title="Gunicorn's workers end as soon as they have started, again and again, and nothing says why",
    family="worker deaths",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A new worker every second or two, and no line about the end of the old ones: mostly the kernel kills "
    "them while they import the application (out-of-memory), or a library in C crashes at import (worker-crashed).",
    evidence="nginx: `upstream prematurely closed connection`, and around that time Gunicorn's `Booting worker with "
    "pid` in at least four different seconds of fifteen, with no line about another worker's end.",
    remedies=(
        Remedy(
            text="Ask the kernel: `dmesg -T | grep -iE 'oom|segfault'`, in a container memory.events of its cgroup."
        ),
        Remedy(
            text="Give it more memory, or start fewer workers: each holds what it imports.",
            settings={"Docker, Kubernetes": "memory limit"},
        ),
        Remedy(text="Import large things once, before the fork.", knobs=(Knob.PRELOAD,)),
        Remedy(text="Get the stack of a crash.", settings={"Python": "PYTHONFAULTHANDLER=1"}),
    ),
)

WRITE_TIMEOUT = Cause(
    id="uwsgi-write-timeout",
    title="uWSGI gave up writing the answer",
    family="proxy timeouts",
    servers=("uwsgi",),
    statuses=(200, 502),
    explanation="The proxy did not take the answer as fast as it came, mostly because the client was slow, and nothing "
    "was taken for socket-timeout (4 s). uWSGI cut the answer.",
    evidence="uWSGI: `uwsgi_response_write_body_do() TIMEOUT !!!` within a second of a cut answer.",
    remedies=(
        Remedy(text="Be more patient: 65 s.", knobs=(Knob.WRITE_LIMIT,)),
        Remedy(
            text="Let nginx take the answer at once, and keep it for the client.",
            settings={"nginx": "uwsgi_buffering on, uwsgi_max_temp_file_size 1024m"},
        ),
    ),
    confused_with="No worker has died, and the application had made its answer.",
)

_OURS = "regexp_matches(o.path, '(gunicorn|uwsgi|python|uvicorn|daphne)')"

MEMORY_RULES = (
    Rule(
        cause=OUT_OF_MEMORY,
        where=ENDED_EARLY,
        proof=Proof(
            joins="JOIN failure_deaths p USING (failure_id) JOIN timed_events d ON d.event_id = p.event_id "
            f"JOIN timed_events o ON o.kind = '{ServerEvent.OUT_OF_MEMORY}' AND o.pid = d.pid "
            "AND abs(o.low_s - d.low_s) <= 2 AND coalesce(o.host = d.host, true)",
            condition=f"p.kind = '{Death.KILL}' AND {_OURS}",
            event="o.event_id",
            kinds=frozenset({ServerEvent.OUT_OF_MEMORY}),
        ),
    ),
)
MEMORY_FAMILY_RULES = (
    Rule(
        cause=OUT_OF_MEMORY,
        where=ENDED_EARLY,
        proof=Proof(
            joins=f"{OF_ITS_SERVER} JOIN timed_events o ON o.kind = '{ServerEvent.OUT_OF_MEMORY}' "
            "AND o.instance = s.instance AND abs(floor(o.low_s) - c.second) <= 1",
            condition=_OURS,
            event="o.event_id",
            kinds=frozenset({ServerEvent.OUT_OF_MEMORY}),
        ),
        certainty=Certainty.FAMILY,
    ),
)

IDLE_RULES = (Rule(cause=IDLE_HELD, where=CONNECTION_CLOSED, proof=died_as(Death.IDLE), certainty=Certainty.FAMILY),)

CONNECT_RULES = (Rule(cause=NOT_LOADED, where=NOBODY_LISTENED, proof=inside(Span.NOT_LOADED)),)
ANSWERED_RULES = (
    Rule(
        cause=NOT_LOADED,
        where="c.app_answered AND c.status = 500",
        proof=near(ServerEvent.APPLICATION_NOT_LOADED),
    ),
)

# What tells why a worker was started.
_TOLD = (
    ServerEvent.SERVER_STARTED,
    ServerEvent.LISTENING,
    ServerEvent.RELOAD,
    ServerEvent.SHUTDOWN,
    ServerEvent.WORKER_KILLED,
    ServerEvent.WORKER_CRASHED,
    ServerEvent.WORKER_EXITED,
    ServerEvent.WORKER_TIMEOUT,
    ServerEvent.WORKER_RECYCLED,
    ServerEvent.GRACEFUL_TIMEOUT,
)
_SILENT_BOOT = Proof(
    joins=f"{OF_ITS_SERVER} JOIN timed_events p ON p.instance = s.instance AND p.kind = '{ServerEvent.WORKER_BOOTED}' "
    f"AND p.server = '{GUNICORN}' AND abs(floor(p.low_s) - c.second) <= 1",
    condition=f"NOT EXISTS (FROM events e WHERE e.instance = p.instance AND e.kind IN {listed(_TOLD)} "
    f"AND coalesce(abs(e.low_s - p.low_s) <= 10, e.kind <> '{ServerEvent.LISTENING}'))",
    event="p.event_id",
    kinds=frozenset({ServerEvent.WORKER_BOOTED}),
)

WRITE_RULES = (Rule(cause=WRITE_TIMEOUT, where=ENDED_EARLY, proof=near(ServerEvent.WRITE_TIMEOUT)),)
LATE_RULES = (
    Rule(cause=BOOT_LOOP, where=CONNECTION_CLOSED, proof=inside(Span.BOOT_LOOP), certainty=Certainty.FAMILY),
    Rule(cause=REPLACED_SILENTLY, where=CONNECTION_CLOSED, proof=_SILENT_BOOT, certainty=Certainty.FAMILY),
)

CAUSES = (
    NOT_LOADED,
    IDLE_HELD,
    OUT_OF_MEMORY,
    REPLACED_SILENTLY,
    BOOT_LOOP,
    WRITE_TIMEOUT,
)
