"""Diagnoses and levels out of plain counts, with causes that are made up."""

from badgateway.judge.proportion import proportion
from badgateway.model.design import Counts
from badgateway.model.diagnosis import Cause, CauseCount, Certainty, Diagnosis, EvidenceLine, Remedy
from badgateway.model.knob import Knob
from badgateway.model.outcome import Outcome
from badgateway.model.summary import LevelSummary, Measurement, OutcomeShare, Quantiles, Verdict

FULL, SLOW, RETRIED = "listen-queue-full", "slow-request", "proxy-retried"
TITLES = {
    FULL: "The accept queue of the unix socket was full",
    SLOW: "uWSGI was slow",
    RETRIED: "The first try failed, and the proxy ran the request again",
}
REMEDIES = {
    FULL: Remedy(text="Change it.", knobs=(Knob.ACCEPT_QUEUE,)),
    SLOW: Remedy(text="Change it."),
    RETRIED: Remedy(text="Change it.", settings={"nginx": "proxy_next_upstream"}),
}


def cause(cause_id: str) -> Cause:
    remedies = (Remedy(text="Find out."), REMEDIES[cause_id])
    return Cause(
        id=cause_id,
        title=TITLES[cause_id],
        family="accept queue",
        statuses=(502,),
        explanation="It happens.",
        evidence="A line.",
        remedies=remedies,
    )


def found(
    cause_id: str,
    count: int,
    *,
    status: int = 502,
    certainty: Certainty = Certainty.PROVEN,
    lines: tuple[str, ...] = (),
    minutes: tuple[tuple[int, int], ...] = (),
    urls: tuple[tuple[str, int], ...] = (),
) -> CauseCount:
    return CauseCount(
        cause=cause(cause_id),
        certainty=certainty,
        count=count,
        statuses=((status, count),),
        evidence=evidence_lines(*lines),
        minutes=minutes,
        urls=urls,
    )


def evidence_lines(*texts: str) -> tuple[EvidenceLine, ...]:
    return tuple(
        EvidenceLine(file="nginx-error.log", line_number=number, text=text)
        for number, text in enumerate(texts, start=1)
    )


def diagnosis(
    *causes: CauseCount,
    requests: int = 1000,
    unattributed: int = 0,
    lines: tuple[str, ...] = (),
    hints: tuple[str, ...] = (),
) -> Diagnosis:
    return Diagnosis(
        requests=requests,
        failures=sum(one.count for one in causes) + unattributed,
        causes=causes,
        unattributed=unattributed,
        unattributed_lines=evidence_lines(*lines),
        hints=hints,
    )


def evenly(failed: int, total: int, seconds: int = 10) -> tuple[Counts, ...]:
    """Return seconds over which requests and failures are spread as evenly as can be."""

    def part(number: int, second: int) -> int:
        return number * (second + 1) // seconds - number * second // seconds

    return tuple(Counts(requests=part(total, at), failures=part(failed, at), late=0) for at in range(seconds))


def level(
    name: str, ok: int, failed: int, why: Diagnosis | None, *, users: int = 300, p95_ms: float = 100
) -> LevelSummary:
    total = ok + failed
    shares = ((Outcome.OK, ok), (Outcome.BAD_GATEWAY, failed))
    measurement = Measurement(
        requests=total,
        outcomes=tuple(OutcomeShare(outcome=o, proportion=proportion(n, total)) for o, n in shares if n),
        failures=proportion(failed, total),
        latency=Quantiles(p50_ms=1, p95_ms=p95_ms, p99_ms=p95_ms, max_ms=p95_ms) if ok else None,
        first_byte=None,
        over_objective=proportion(0, ok) if ok else None,
        throughput_rps=ok / 10,
        seconds=evenly(failed, total),
    )
    return LevelSummary(
        configuration=name,
        users=users,
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        reasons=(f"{failed} requests failed",) if failed else (),
        measurement=measurement,
        trials=(),
        diagnosis=why,
    )
