"""Building blocks of run summaries, with defaults a test need not care about."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from pathlib import PurePosixPath
from typing import Any

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Objective
from badgateway.model.manifest import Environment
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import (
    ConfigurationSummary,
    LatencyBin,
    LevelSummary,
    Measurement,
    OutcomeShare,
    ProcessUse,
    Proportion,
    ProxyMessage,
    Quantiles,
    TrialSummary,
    Verdict,
)
from badgateway.model.trial import Trial

WINDOW_S = 10
OBJECTIVE = Objective(max_failure_share=0.001, p95_ms=1000)


def proportion(count: int, total: int) -> Proportion:
    """Return a share with Wilson's interval, which is near enough to the exact one for a sample."""
    share, spread = count / total, 3.84 / total
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Proportion(count=count, total=total, low=low if count else 0.0, high=high if count < total else 1.0)


def quantiles(p50_ms: float, p95_ms: float, p99_ms: float, max_ms: float) -> Quantiles:
    return Quantiles(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms, max_ms=max_ms)


def measurement(counts: Mapping[Outcome, int], latency: tuple[float, float, float, float] | None = None) -> Measurement:
    """Add up counts of outcomes; `latency` is (p50, p95, p99, max) in ms."""
    total = sum(counts.values())
    ok = counts.get(Outcome.OK, 0)
    found = quantiles(*latency) if latency else None
    late = bool(found and found.p95_ms > OBJECTIVE.p95_ms)
    return Measurement(
        requests=total,
        outcomes=tuple(
            OutcomeShare(outcome=outcome, proportion=proportion(counts[outcome], total))
            for outcome in Outcome
            if counts.get(outcome)
        ),
        failures=proportion(sum(counts.get(outcome, 0) for outcome in FAILURES), total),
        latency=found,
        first_byte=quantiles(*(0.9 * value for value in latency)) if latency else None,
        over_objective=proportion(ok // 10 if late else 0, ok) if ok else None,
        throughput_rps=ok / WINDOW_S,
        latency_bins=bins(found, ok) if found else (),
    )


def bins(found: Quantiles, ok: int) -> tuple[LatencyBin, ...]:
    """Return few and wide bins that the quantiles could be of."""
    edges = (found.p50_ms / 2, found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms)
    shares = (0.5, 0.45, 0.04, 0.01)
    return tuple(
        LatencyBin(low_ms=low_ms, high_ms=high_ms, count=max(1, round(share * ok)))
        for (low_ms, high_ms), share in zip(pairwise(edges), shares, strict=True)
        if low_ms < high_ms
    )


def uses() -> tuple[ProcessUse, ...]:
    return tuple(
        ProcessUse(part=part, cpu_s=cpu, peak_rss_bytes=rss * 2**20, rss_growth_bytes=growth * 2**20)
        for part, cpu, rss, growth in (
            ("locust", 6.4, 88, 3),
            ("database", 4.9, 211, 0),
            ("nginx", 0.8, 11, 0),
            ("server", 11.2, 142, 5),
        )
    )


def trial(
    configuration: str,
    users: int,
    position: int,
    measured: Measurement | None,
    *,
    verdict: Verdict = Verdict.PASS,
    reasons: tuple[str, ...] = (),
    messages: tuple[ProxyMessage, ...] = (),
) -> TrialSummary:
    return TrialSummary(
        trial=Trial(block=1, position=position, configuration=configuration, users=users, seed=1000 + users),
        verdict=verdict,
        reasons=reasons,
        measurement=measured,
        proxy_messages=messages,
        uses=uses() if measured else (),
        overhead_s=2.75,
    )


def level(
    configuration: str,
    users: int,
    position: int,
    measured: Measurement | None,
    *,
    verdict: Verdict = Verdict.PASS,
    reasons: tuple[str, ...] = (),
    messages: tuple[ProxyMessage, ...] = (),
) -> LevelSummary:
    only = trial(configuration, users, position, measured, verdict=verdict, reasons=reasons, messages=messages)
    return LevelSummary(
        configuration=configuration,
        users=users,
        verdict=verdict,
        reasons=reasons,
        measurement=measured,
        trials=(only,),
    )


def summary(configuration: Configuration, levels: Sequence[LevelSummary]) -> ConfigurationSummary:
    worst = max((entry.verdict for entry in levels), key=list(Verdict).index)
    reasons = tuple(f"at {entry.users} users: {reason}" for entry in levels for reason in entry.reasons)
    return ConfigurationSummary(configuration=configuration, verdict=worst, reasons=reasons, levels=tuple(levels))


def environment() -> Environment:
    return Environment(
        system="Linux 6.18.5, Debian GNU/Linux 12 (bookworm)",
        cpu="AMD EPYC 7B13",
        cores=2,
        memory_bytes=8_331_706_368,
        python="3.11.2",
        somaxconn=4096,
        account="nobody",
        versions=(
            ("Django", "5.2.7"),
            ("Locust", "2.47.0"),
            ("MariaDB", "10.11.14"),
            ("PyMySQL", "1.2.4"),
            ("gevent", "25.9.1"),
            ("gunicorn", "27.0.0"),
            ("mysqlclient", "2.2.8"),
            ("nginx", "1.22.1"),
            ("uWSGI", "2.0.31"),
        ),
    )


def declared(name: str, server: str, driver: Any, workers: int, **others: Any) -> Configuration:
    return Configuration(name=name, server=PurePosixPath(server), driver=driver, workers=workers, **others)
