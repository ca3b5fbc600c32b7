"""What systemd, supervisord, Kubernetes or Docker say of a server's end: they name a service, and no address."""

from badgateway.causes.accept_queue import RESTART_GAP
from badgateway.causes.conditions import BODY_CUT, CONNECTION_CLOSED, NOBODY_LISTENED, OF_ITS_SERVER, listed
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Proof, Rule, inside
from badgateway.causes.server_troubles import OUT_OF_MEMORY
from badgateway.causes.unit_spans import UnitSpan
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob

FAMILY = "worker deaths"

_WHY = Remedy(
    text="Read the last lines before its end: an exception at import, a segmentation fault, no memory.",
    settings={
        "systemd": "journalctl -u NAME -e",
        "Kubernetes": "kubectl logs --previous, kubectl describe pod",
        "Docker": "docker inspect (State: OOMKilled, ExitCode)",
    },
)

SERVER_ENDED = Cause(
    id="server-ended",
    title="The server itself had ended, as its supervisor says",
    family=FAMILY,
    statuses=(502, 503, 200),
    explanation="Not a worker: the whole server was killed, crashed, or ended with an error, and nobody listened until "
    "it had been started again and had loaded the application. The line names the service; whether that is the one "
    "that these requests were for, these logs do not prove.",
    evidence="systemd: `Main process exited, code=killed, status=9/KILL` (or `code=exited, status=N`) without a stop "
    "before it; supervisord: `exited: NAME (terminated by SIGKILL; not expected)`; Docker: `exited with code 137`; and "
    "after it, until 15 s after the next start, nginx's `Connection refused` or `No such file`, or in that second a "
    "connection that was closed.",
    remedies=(
        _WHY,
        Remedy(
            text="The number says how: 137 (or 9/KILL) killed, mostly for memory; 139 (11/SEGV) crashed; 143 "
            "(15/TERM) told to stop; 1 or 3 the application did not load; 203/EXEC no such program.",
        ),
        Remedy(
            text="Let it be started again at once, and always.",
            settings={
                "systemd": "Restart=always, RestartSec=1",
                "supervisord": "autorestart=true",
                "Docker": "restart: unless-stopped",
            },
        ),
    ),
    confused_with="The address and the proxy are right: it listened there before, and will again.",
)

GAVE_UP = Cause(
    id="server-given-up",
    title="The server ended again and again, and its supervisor gave up",
    family=FAMILY,
    statuses=(502, 503),
    explanation="Each start ended at once, so systemd or supervisord stopped trying, or Kubernetes waits longer and "
    "longer between tries (up to five minutes). Nobody listens meanwhile.",
    evidence="systemd: `Start request repeated too quickly`; supervisord: `gave up: NAME entered FATAL state`; "
    "Kubernetes: `Back-off restarting failed container`; and nginx's `Connection refused` or `No such file` between "
    "it and the next start.",
    remedies=(
        _WHY,
        Remedy(
            text="Start it by hand, as the same user with the same variables: the error stands on the terminal.",
        ),
        Remedy(
            text="When it is mended, let it be tried again.",
            settings={
                "systemd": "systemctl reset-failed NAME, then start",
                "supervisord": "supervisorctl start NAME",
                "Kubernetes": "kubectl rollout restart",
            },
        ),
        Remedy(
            text="Let a short trouble, such as a database that starts later, not end in this.",
            settings={
                "systemd": "StartLimitIntervalSec=0, RestartSec=5",
                "supervisord": "startretries=20",
                "Kubernetes": "startupProbe, an init container that waits",
            },
        ),
        Remedy(text="Let the server say at once that it cannot load.", knobs=(Knob.NEEDED_APPLICATION,)),
    ),
    confused_with="A restart by itself does not help: it ends again.",
)

_GONE = f"({CONNECTION_CLOSED} OR {BODY_CUT})"
_CAUSES = (
    (UnitSpan.OUT_OF_MEMORY, OUT_OF_MEMORY),
    (UnitSpan.GAVE_UP, GAVE_UP),
    (UnitSpan.ENDED, SERVER_ENDED),
    (UnitSpan.STOPPED, RESTART_GAP),
)


def _at_its_beginning(kind: UnitSpan) -> Proof:
    return Proof(
        joins=f"{OF_ITS_SERVER} JOIN spans w ON w.instance = s.instance AND w.kind = '{kind}' "
        "AND abs(floor(w.start_s) - c.second) <= 1",
        condition="true",
        event="w.event_id",
        kinds=frozenset({kind}),
    )


CONNECT_RULES = tuple(
    Rule(cause=cause, where=NOBODY_LISTENED, proof=inside(kind), certainty=Certainty.FAMILY) for kind, cause in _CAUSES
)
DEATH_RULES = (
    Rule(
        cause=OUT_OF_MEMORY,
        where=_GONE,
        proof=Proof(
            joins="JOIN failure_deaths p USING (failure_id) JOIN timed_events d ON d.event_id = p.event_id "
            f"JOIN timed_events o ON o.kind = '{ServerEvent.UNIT_OUT_OF_MEMORY}' "
            "AND abs(o.low_s - d.low_s) <= 2 AND coalesce(o.host = d.host, true)",
            condition=f"p.kind IN {listed((Death.KILL, Death.LOST))}",
            event="o.event_id",
            kinds=frozenset({ServerEvent.UNIT_OUT_OF_MEMORY}),
        ),
        certainty=Certainty.FAMILY,
    ),
)
"""One worker of a unit was killed, and the server goes on."""
CLOSED_RULES = (
    Rule(cause=OUT_OF_MEMORY, where=_GONE, proof=_at_its_beginning(UnitSpan.OUT_OF_MEMORY), certainty=Certainty.FAMILY),
    Rule(cause=SERVER_ENDED, where=_GONE, proof=_at_its_beginning(UnitSpan.ENDED), certainty=Certainty.FAMILY),
    Rule(
        cause=RESTART_GAP,
        where=CONNECTION_CLOSED,
        proof=_at_its_beginning(UnitSpan.STOPPED),
        certainty=Certainty.FAMILY,
    ),
)

CAUSES = (SERVER_ENDED, GAVE_UP)
