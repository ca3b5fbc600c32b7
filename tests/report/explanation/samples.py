"""Explanations to render, from the plain to the odd; times are in one morning of 2026."""

from dataclasses import replace

from badgateway.model.diagnosis import Cause, CauseCount, Certainty, Diagnosis, EvidenceLine, Remedy
from badgateway.model.explanation import Explanation, FileRead, Incident, Spread
from badgateway.model.knob import Knob
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn, uwsgi

NINE = 1_795_251_600
"""2026-11-21 09:00 UTC."""
HOSTILE = "</code><script>alert(1)</script> \x1b[31m`red` \u202etfel | *star* [link](x)"


LONGER = Remedy(text="Make it longer.", knobs=(Knob.ACCEPT_QUEUE,))


def cause(name: str = "queue-full", *, first: Remedy = LONGER) -> Cause:
    return Cause(
        id=name,
        title=f"The {name} happened",
        family="accept queue",
        statuses=(502,),
        explanation="It was full; see `ss -xl`.",
        evidence="A line says so.",
        remedies=(first, Remedy(text="Ask for less.")),
        confused_with="Not a crash: `dmesg` is silent.",
    )


def line(text: str = "connect() failed", number: int = 7, file: str = "/var/log/nginx/error.log") -> EvidenceLine:
    return EvidenceLine(file=file, line_number=number, text=text)


def found(
    what: Cause,
    minutes: dict[int, int],
    *,
    certainty: Certainty = Certainty.PROVEN,
    evidence: tuple[EvidenceLine, ...] = (),
    urls: tuple[tuple[str, int], ...] = (("/members/", 3), ("/wait/", 1)),
    untimed: int = 0,
) -> CauseCount:
    """Count a cause; minutes are after nine o'clock."""
    count = sum(minutes.values()) + untimed
    return CauseCount(
        cause=what,
        certainty=certainty,
        count=count,
        statuses=((502, count),),
        evidence=evidence or (line(),),
        minutes=tuple((NINE + 60 * minute, number) for minute, number in sorted(minutes.items())),
        urls=urls,
    )


def file_read(name: str, kind: str | None, **given: object) -> FileRead:
    read = FileRead(name=name, kind=kind, lines=1000, malformed_lines=0, first_malformed=())
    return replace(read, **given)  # type: ignore[arg-type]


ACCESS = file_read("/var/log/nginx/access.log", LogKind.NGINX_COMBINED)
ERROR = file_read("/var/log/nginx/error.log", LogKind.NGINX_ERROR)
UWSGI = file_read("/var/log/uwsgi.log", uwsgi.LOG.kind)
GUNICORN = file_read("/var/log/gunicorn.log", gunicorn.LOG.kind)


def explanation(
    *causes: CauseCount,
    requests: int = 10_000,
    unattributed: int = 0,
    hints: tuple[str, ...] = (),
    files: tuple[FileRead, ...] = (ACCESS, ERROR, UWSGI),
    utc_offset_s: float = 0.0,
) -> Explanation:
    diagnosis = Diagnosis(
        requests=requests,
        failures=sum(one.count for one in causes) + unattributed,
        causes=causes,
        unattributed=unattributed,
        unattributed_lines=(line("GET /odd 502", 12, "/var/log/nginx/access.log"),) if unattributed else (),
        hints=hints,
    )
    return Explanation(
        diagnosis=diagnosis,
        files=files,
        period_s=(NINE, NINE + 3600) if requests else None,
        unattributed_minutes=((NINE + 120, unattributed),) if unattributed else (),
        utc_offset_s=utc_offset_s,
        incidents=tuple(incident_of(one) for one in causes if one.minutes),
    )


def incident_of(one: CauseCount, *, spread: Spread = Spread.ONCE) -> Incident:
    """Make one incident of all failures of a cause."""
    return Incident(
        cause=one.cause,
        certainty=one.certainty,
        start_s=one.minutes[0][0],
        end_s=one.minutes[-1][0] + 59,
        count=sum(count for _, count in one.minutes),
        statuses=((502, sum(count for _, count in one.minutes)),),
        path=one.urls[0][0] if one.urls else "",
        spread=spread,
    )


def one_cause() -> Explanation:
    return explanation(found(cause(), {0: 10, 1: 40, 5: 1}))


def clean() -> Explanation:
    return explanation()


def unexplained() -> Explanation:
    return explanation(unattributed=25, hints=("Give nginx's error log too.",))


def incident() -> Explanation:
    """Eleven causes over four hours, some of them uncertain, and some failures without one."""
    causes = sorted(
        (
            found(
                cause(f"cause-{rank}", first=Remedy(text="Turn it.", settings={"nginx": f"knob_{rank}"})),
                {minute: 1 + (minute * rank) % (50 // rank) for minute in range(10 * rank, 240, 1 + rank % 3)},
                certainty=Certainty.FAMILY if rank % 3 == 0 else Certainty.PROVEN,
            )
            for rank in range(1, 12)
        ),
        key=lambda one: -one.count,
    )
    return explanation(*causes, requests=500_000, unattributed=40, hints=("Add $connection to nginx's log_format.",))


def hostile() -> Explanation:
    """Whatever a client may write into a log."""
    lines = (line(HOSTILE),)
    bad = file_read(f"/tmp/{HOSTILE}", uwsgi.LOG.kind, malformed_lines=2, first_malformed=lines)
    return explanation(found(cause(), {0: 3}, evidence=lines, urls=((f"/{HOSTILE}", 3),)), files=(bad,))


SAMPLES = {
    "one-cause": one_cause,
    "clean": clean,
    "unexplained": unexplained,
    "incident": incident,
    "hostile": hostile,
}
