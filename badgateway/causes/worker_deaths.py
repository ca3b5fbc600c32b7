"""Workers that died with requests in them: killed, crashed, or put to death by uWSGI."""

from badgateway.causes.conditions import ENDED_EARLY
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Rule, died_as
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.knob import Knob

FAMILY = "worker deaths"

WORKER_KILLED = Cause(
    id="worker-killed",
    title="The worker was killed from outside",
    family=FAMILY,
    statuses=(502, 200),
    explanation="Something sent the worker a signal, mostly the kernel when memory ran out, or else somebody by hand "
    "or by a script: the server's own line does not say who. Its requests died with it: 502, or a cut body where the "
    "answer had begun.",
    evidence="Gunicorn: `Worker (pid:N) was sent SIGKILL! Perhaps out of memory?` without a WORKER TIMEOUT of that pid "
    "before; uWSGI: `DAMN ! worker 1 (pid: P) died, killed by signal 9` without a HARAKIRI. The pid is that of the "
    "request, or the time is the same.",
    remedies=(
        Remedy(
            text="Ask the kernel: `dmesg | grep -i oom`, and in a container memory.events of its cgroup.",
            settings={"Docker, Kubernetes": "memory limit"},
        ),
        Remedy(
            text="Replace workers before they get too large.",
            knobs=(Knob.MEMORY_LIMIT,),
        ),
        Remedy(
            text="Do not hold whole results: iterate, and write workbooks row by row.",
            settings={"Django": ".iterator()"},
        ),
    ),
    confused_with="Gunicorn prints the same line when its own timeout killed the worker: look for WORKER TIMEOUT "
    "before it.",
)

WORKER_CRASHED = Cause(
    id="worker-crashed",
    title="The worker crashed or ended itself",
    family=FAMILY,
    statuses=(502, 200),
    explanation="A library in C crashed (segmentation fault, abort), or code called os._exit. All requests of the "
    "process died with it.",
    evidence="Gunicorn: `Worker (pid:N) exited with code 1.`; uWSGI: `DAMN ! worker 1 (pid: P) died :(` or `killed "
    "by signal 11`; at the time nginx wrote `upstream prematurely closed connection`.",
    remedies=(
        Remedy(text="Get the stack of the crash.", settings={"Python": "PYTHONFAULTHANDLER=1"}),
        Remedy(
            text="Update the libraries in C that it shows; do not mix them with what they do not support.",
            knobs=(Knob.ONE_WORKER_MODEL,),
        ),
    ),
    confused_with="Not out of memory: that is signal 9.",
)

HARAKIRI = Cause(
    id="harakiri",
    title="uWSGI killed the worker because this request took too long",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(502, 200),
    explanation="The request took longer than harakiri, and uWSGI knows no other way to stop it than to kill the "
    "process.",
    evidence="uWSGI: `*** HARAKIRI ON WORKER 2 (pid: P, try: 1, graceful: yes) ***` and `HARAKIRI [core 0] IP - GET "
    "/uri since EPOCH` with this request's path and start.",
    remedies=(
        Remedy(text="Make the request faster, or move it into a background job."),
        Remedy(
            text="Set it above the slowest request you allow and below the proxy's read timeout (default off).",
            knobs=(Knob.TIME_LIMIT,),
            settings={"nginx, for a location": "uwsgi_param UWSGI_HARAKIRI"},
        ),
        Remedy(text="Let it tell where the worker stood.", knobs=(Knob.TIME_LIMIT_TRACE,)),
    ),
    confused_with="Under gevent the limit is on the worker, not on a request: each new one moves it and each finished "
    "one removes it, so it strikes late and at random.",
)

COLLATERAL = Cause(
    id="harakiri-collateral",
    title="uWSGI killed the worker because of another request",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(502, 200),
    explanation="This request did nothing wrong. Another one of its process took longer than harakiri: beside it, by "
    "threads or greenlets, or just before it. For the master decides first and kills a moment later, and meanwhile a "
    "worker may end what was too slow and take the next request.",
    evidence="A HARAKIRI whose lines name several requests, this one among them, but another one had run for longest; "
    "or whose lines do not name this one, and the request journal has it in that process.",
    remedies=(
        Remedy(text="Deal with the request that harakiri was meant for."),
        Remedy(
            text="Use a limit that ends one request instead of a process: in the database and in HTTP clients.",
            knobs=(Knob.UNLIMITED_TIME,),
            settings={"MariaDB": "max_statement_time"},
        ),
    ),
    confused_with="Do not optimise this URL.",
)

KILLED_WHILE_LEAVING = Cause(
    id="worker-mercy-expired",
    title="A worker that took too long to leave was killed",
    family=FAMILY,
    servers=("uwsgi", "granian"),
    statuses=(502, 200),
    explanation="The worker was to be replaced (max-requests, a reload) or to stop, and waited for its longest "
    "request. When its server's patience was over (worker-reload-mercy of uWSGI, workers-kill-timeout of Granian), it "
    "was killed with signal 9. Under gevent it takes no requests while it waits. Gunicorn's form of it is "
    "graceful-timeout-cut.",
    evidence="uWSGI: `worker 1 (pid: P) is taking too much time to die...NO MERCY !!!`, before `killed by signal 9`; "
    "under gevent `*** BOOOOOOM ***` a moment earlier, from the worker itself. Granian: `Killing worker-N after it "
    "refused to gracefully stop`, a second or more after the worker was asked to leave.",
    remedies=(
        Remedy(text="Set it above the slowest request (default 60 s).", knobs=(Knob.GRACEFUL_STOP,)),
        Remedy(text="Recycle more rarely, and never all at once.", knobs=(Knob.MAX_REQUESTS, Knob.MAX_REQUESTS_SPREAD)),
        Remedy(text="Make the longest request shorter."),
    ),
    confused_with="Signal 9 although memory is free: it is not the kernel.",
)

MEMORY_RELOAD = Cause(
    id="memory-reload",
    title="uWSGI killed the worker because of its memory",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(502, 200),
    explanation="evil-reload-on-rss (or -as) kills a worker at once, with the requests in it. The polite form waits "
    "for them.",
    evidence="uWSGI: `*** EVIL RELOAD ON WORKER 1 RSS: n (pid: P) ***` at the time the connection was closed.",
    remedies=(
        Remedy(text="Use the form that waits for requests.", knobs=(Knob.GENTLE_MEMORY_LIMIT,)),
        Remedy(text="Find what grows: mostly one export that builds everything in memory."),
    ),
)

SEVERAL_DEATHS = Cause(
    id="502-one-of-several-worker-deaths",
    title="Workers died for different reasons at that moment",
    family=FAMILY,
    statuses=(502, 200),
    explanation="The request was lost with a worker, but several died within a second, and not all for the same "
    "reason.",
    evidence="nginx: `upstream prematurely closed connection`; the server's log has different deaths, equally near "
    "in time.",
    remedies=(
        Remedy(
            text="Let the server write a line when a request starts, with its process: a line without an end died with "
            "its worker. The file's first lines say how it is started in the site's place.",
            settings={"badgateway": "request journal, servers/journal.py before the site"},
        ),
        Remedy(text="Deal with each of the deaths: the evidence names one of them."),
    ),
)

DIED_UNSEEN = Cause(
    id="worker-died-unseen",
    title="The request never ended in the application, and no log tells why",
    family=FAMILY,
    statuses=(502, 200),
    explanation="The request journal has its start, and no end: its process died. It can be worker-killed, "
    "worker-crashed, harakiri or a time limit of Gunicorn.",
    evidence="A start without an end in the journal, a connection that was closed, and no line about that process.",
    remedies=(Remedy(text="Keep the server's own log, standard error included.", knobs=(Knob.LOG,)),),
)

# nginx says nothing about these; only a line of the server that names the request will do.
_SILENT = "c.reason IS NULL AND c.status = 502 AND NOT c.app_answered AND NOT c.lb_made"

DEATH_RULES = (
    Rule(cause=HARAKIRI, where=ENDED_EARLY, proof=died_as(Death.HARAKIRI)),
    Rule(cause=COLLATERAL, where=ENDED_EARLY, proof=died_as(Death.COLLATERAL)),
    Rule(cause=MEMORY_RELOAD, where=ENDED_EARLY, proof=died_as(Death.EVIL)),
    Rule(cause=KILLED_WHILE_LEAVING, where=ENDED_EARLY, proof=died_as(Death.KILLED_WHILE_LEAVING)),
    Rule(cause=WORKER_KILLED, where=ENDED_EARLY, proof=died_as(Death.KILL)),
    Rule(cause=WORKER_CRASHED, where=ENDED_EARLY, proof=died_as(Death.CRASH)),
)
UNCLEAR_RULES = (
    Rule(cause=SEVERAL_DEATHS, where=ENDED_EARLY, proof=died_as(Death.UNCLEAR), certainty=Certainty.FAMILY),
)
NAMED_RULES = (
    Rule(cause=HARAKIRI, where=_SILENT, proof=died_as(Death.HARAKIRI, sure=True)),
    Rule(cause=COLLATERAL, where=_SILENT, proof=died_as(Death.COLLATERAL, sure=True)),
)
UNSEEN_RULES = (Rule(cause=DIED_UNSEEN, where=f"{ENDED_EARLY} AND c.died_in_app", certainty=Certainty.FAMILY),)

CAUSES = (
    WORKER_KILLED,
    WORKER_CRASHED,
    HARAKIRI,
    COLLATERAL,
    KILLED_WHILE_LEAVING,
    MEMORY_RELOAD,
    SEVERAL_DEATHS,
    DIED_UNSEEN,
)
