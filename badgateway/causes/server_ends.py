"""Servers that end with a worker of theirs, and workers whose end their server does not explain."""

from badgateway.causes.conditions import ENDED_EARLY, NOBODY_LISTENED
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Rule, died_as, inside
from badgateway.causes.spans import Span
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.knob import Knob

FAMILY = "worker deaths"

_KERNEL = Remedy(
    text="See what ended the worker: `dmesg -T | grep -iE 'oom|segfault'`, in a container memory.events of its cgroup.",
    settings={"Docker, Kubernetes": "memory limit"},
)
_STACK = Remedy(text="Get the stack of a crash.", settings={"Python": "PYTHONFAULTHANDLER=1"})
_SUPERVISE = Remedy(text="Let a supervisor start it again at once.", settings={"systemd": "Restart=always"})

WORKER_LOST = Cause(
    id="worker-lost",
    title="The worker died, and its server does not say of what",
    family=FAMILY,
    statuses=(502, 200),
    explanation="The process was killed (worker-killed) or crashed (worker-crashed), with all the requests in it. "
    "Granian and uvicorn only notice that it is gone.",
    evidence="Granian: `Unexpected exit from worker-N`; uvicorn: `Child process [P] died`, and before it no `Maximum "
    "request limit` and no `Finished server process [P]`; at the time nginx wrote `upstream prematurely closed "
    "connection`.",
    remedies=(
        _KERNEL,
        _STACK,
        Remedy(text="Replace workers before they get too large.", knobs=(Knob.MEMORY_LIMIT,)),
    ),
    confused_with="uvicorn's `Child process [P] died` after max requests is no death: the worker had said goodbye.",
)

ENDED_WITH_WORKER = Cause(
    id="server-ended-with-a-worker",
    title="One worker died, and Granian ended with it",
    family=FAMILY,
    servers=("granian",),
    statuses=(502,),
    explanation="Granian does not replace a worker that dies, unless it is told to: it stops the others, removes its "
    "socket and ends with status 1. From then on nobody listens.",
    evidence="Granian: `Unexpected exit from worker-N`, then `Shutting down granian` and no `Respawning worker-N` "
    "between; after it nginx's `(2: No such file or directory)` or `(111: Connection refused) while connecting`, until "
    "Granian listens again.",
    remedies=(
        Remedy(text="Let it replace workers that die (default off).", knobs=(Knob.RESPAWN,)),
        _SUPERVISE,
        _KERNEL,
    ),
    confused_with="Nobody stopped the server, whatever `Shutting down granian` sounds like.",
)

CRASH_LOOP = Cause(
    id="worker-crash-loop",
    title="A worker died again at once, and Granian gave up",
    family=FAMILY,
    servers=("granian",),
    statuses=(502,),
    explanation="A worker that dies within 5.5 seconds of its replacement is a crash loop to Granian, which then ends, "
    "with the workers that were well too. From then on nobody listens. Two requests of one kind that kill their "
    "worker are enough.",
    evidence="Granian: `Worker crash loop detected, exiting`; after it nginx's `(2: No such file or directory)` or "
    "`(111: Connection refused) while connecting`, until Granian listens again.",
    remedies=(
        Remedy(text="Find out why the workers die: the failures just before it have that cause (worker-lost)."),
        _STACK,
        _SUPERVISE,
    ),
)


CONNECT_RULES = (
    Rule(cause=CRASH_LOOP, where=NOBODY_LISTENED, proof=inside(Span.CRASH_LOOP)),
    Rule(cause=ENDED_WITH_WORKER, where=NOBODY_LISTENED, proof=inside(Span.ENDED_WITH_A_WORKER)),
)
DEATH_RULES = (Rule(cause=WORKER_LOST, where=ENDED_EARLY, proof=died_as(Death.LOST)),)

CAUSES = (WORKER_LOST, ENDED_WITH_WORKER, CRASH_LOOP)
