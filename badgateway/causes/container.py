"""The size of the container that the server is in: no CPU left of its quota, no memory left of its limit."""

from collections.abc import Iterator
from dataclasses import replace

from badgateway.causes import server_troubles
from badgateway.causes.conditions import ENDED_EARLY, because, listed
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Proof, Rule
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.evidence import ServerEvent as Event
from badgateway.model.knob import Knob

THROTTLED = Cause(
    id="cpu-quota-throttled",
    title="The container was throttled by its CPU quota",
    family="proxy timeouts",
    statuses=(504,),
    explanation="For most of the time that the proxy waited, the server's container had used up its CPU quota, and the "
    "kernel stopped all its processes for the rest of each tenth of a second. The machine may be idle meanwhile.",
    evidence="nginx: a read timeout, while in at least half of the wait cpu.stat of the container's control group "
    "counted nr_throttled in at least half of nr_periods. No log tells it: neither the server's nor the proxy's, and "
    "top shows less than the machine has.",
    remedies=(
        Remedy(
            text="Give it more CPU, or no quota but a request: shares hold when the machine is busy, and stop nobody "
            "when it is not.",
            settings={"Kubernetes": "resources.limits.cpu, resources.requests.cpu", "Docker": "--cpus"},
        ),
        Remedy(
            text="Count workers by the quota: 2 x cores + 1 sees the machine's cores in a container, not its share.",
            knobs=(Knob.WORKERS, Knob.AT_A_TIME),
        ),
        Remedy(text="Do less in a request: profile it, and move long work into a background job."),
        Remedy(
            text="Look at the proof in production: it is readable inside of a container.",
            settings={"Linux": "/sys/fs/cgroup/cpu.stat", "Prometheus": "container_cpu_cfs_throttled_periods_total"},
        ),
    ),
    confused_with="A slow view and a slow database read the same in every log, and a server bound to one core is no "
    "such case: it has less, and is never stopped.",
)

MEMORY_LIMIT = Cause(
    id="container-memory-limit",
    title="The kernel killed the worker for the container's memory limit",
    family="worker deaths",
    statuses=(502, 200),
    explanation="The processes of the container together wanted more memory than its limit, and the kernel killed the "
    "largest, with signal 9. All requests in that worker died with it, those that took no memory too; the machine may "
    "have plenty left.",
    evidence="The worker's death by signal 9 in the server's log, and within two seconds of it the kernel's `Memory "
    "cgroup out of memory: Killed process P` with that pid; in the kit's own trials the control group's count of "
    "oom_kill (memory.events, or memory.oom_control) that rose, with that pid or, where the kernel's log cannot be "
    "read, with no more workers that died by signal 9 than were counted. As a family, that line within a second of "
    "the failure. memory.failcnt may stay 0, and is no proof.",
    remedies=(
        Remedy(
            text="Find what needs the memory: mostly one export that builds everything in memory.",
            settings={"Django": ".iterator()"},
        ),
        Remedy(
            text="Give it more memory, or start fewer workers: each has its own copy of what it imports and builds.",
            knobs=(Knob.WORKERS, Knob.PRELOAD),
            settings={"Kubernetes": "resources.limits.memory", "Docker": "--memory"},
        ),
        Remedy(text="Replace workers before they get too large.", knobs=(Knob.MEMORY_LIMIT,)),
        Remedy(
            text="Look at what the container itself counts, and how near it is.",
            settings={"Linux": "/sys/fs/cgroup/memory.events, memory.peak", "systemd": "MemoryMax of the unit"},
        ),
    ),
    confused_with="Signal 9 has three senders: the kernel (this one), the server itself (a time limit, or mercy that "
    "ran out, which it logs before), and somebody by hand, of which neither the kernel nor the server knows.",
)

# Of the server, that the worker was killed, or that it is gone of who knows what.
_DIED = listed((Event.WORKER_KILLED, Event.WORKER_LOST))
_NEAR_S = 2
_NO_MORE_DIED = f"""
(SELECT count(DISTINCT k.pid) FROM timed_events k
    WHERE k.kind IN {_DIED} AND coalesce(k.signal, 9) = 9 AND abs(k.low_s - o.low_s) <= {_NEAR_S})
<= (SELECT count(*) FROM timed_events q WHERE q.kind = '{Event.CONTAINER_KILL}' AND abs(q.low_s - o.low_s) <= {_NEAR_S})
"""  # noqa: S608 # words of the evidence

_COUNTED_RULES = (
    Rule(
        cause=MEMORY_LIMIT,
        where=ENDED_EARLY,
        proof=Proof(
            joins="JOIN failure_deaths p USING (failure_id) JOIN timed_events d ON d.event_id = p.event_id "
            f"JOIN timed_events o ON o.kind = '{Event.CONTAINER_KILL}' AND coalesce(o.pid = d.pid, true) "
            f"AND abs(o.low_s - d.low_s) <= {_NEAR_S}",
            condition=f"p.kind IN {listed((Death.KILL, Death.LOST))} AND (o.pid IS NOT NULL OR {_NO_MORE_DIED})",
            event="o.event_id",
            nearness="abs(o.low_s - d.low_s)",
            kinds=frozenset({Event.CONTAINER_KILL}),
        ),
    ),
)
# What the kernel writes of a limit, and not of a machine that is full.
_FOR_A_LIMIT = "contains(o.line, 'Memory cgroup out of memory')"


def _for_a_limit(rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """Yield rules of the kernel's log as they are of a container's limit."""
    for rule in rules:
        assert rule.proof is not None
        proof = replace(rule.proof, condition=f"{rule.proof.condition} AND {_FOR_A_LIMIT}")
        yield replace(rule, cause=MEMORY_LIMIT, proof=proof)


MEMORY_RULES = (*_COUNTED_RULES, *_for_a_limit(server_troubles.MEMORY_RULES))
MEMORY_FAMILY_RULES = tuple(_for_a_limit(server_troubles.MEMORY_FAMILY_RULES))
READ_RULES = (
    Rule(
        cause=THROTTLED,
        where=f"{because(Reason.READ_TIMEOUT)} AND c.time_s > c.start_s",
        proof=Proof(
            joins="JOIN throttled p USING (failure_id)",
            condition="p.throttled_s >= 0.5 * (c.time_s - c.start_s)",
            event="p.event_id",
            kinds=frozenset({Event.CPU_THROTTLED}),
        ),
    ),
)

CAUSES = (THROTTLED, MEMORY_LIMIT)
