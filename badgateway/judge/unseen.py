"""What a study could not have seen, however well it went."""

from collections.abc import Mapping, Sequence

from badgateway.judge.noise import difference_between_names
from badgateway.judge.objective import pooled
from badgateway.judge.shares import may_be
from badgateway.judge.wording import counted, listed, percent
from badgateway.model.comparison import ArmStanding, NoiseFloor
from badgateway.model.contest import ArmFacts, Contest
from badgateway.model.summary import Verdict

_RULE_OF_THREE = 3


def unseen(
    contest: Contest, arms: Mapping[str, ArmFacts], ranking: Sequence[ArmStanding], noise: NoiseFloor | None
) -> tuple[str, ...]:
    """Return the limits of the study as sentences: rare failures, long stalls, small effects, one machine."""
    return (_rare_failures(contest, arms, ranking), _stalls(contest), _small_effects(noise), _one_machine())


def rarest_seen(requests: int) -> float:
    """Return the failure share that so many requests without a failure leave possible, with 95 % confidence: 3/n."""
    return min(1.0, _RULE_OF_THREE / requests) if requests else 1.0


def _rare_failures(contest: Contest, arms: Mapping[str, ArmFacts], ranking: Sequence[ArmStanding]) -> str:
    level = contest.levels[-1]
    sent = [pooled(facts for at, _, facts in arm.cells if at == level).requests for arm in arms.values()]
    most = max(sent, default=0)
    if not most:
        return "Nothing was measured at the highest load, so any failure there would have gone unseen."
    return (
        f"Failures rarer than {percent(rarest_seen(most))} of requests: no configuration answered more than "
        f"{counted(most, 'request')} at the highest load, and without a failure in n requests up to 3/n may fail, if "
        f"failures come one by one.{_bursts(ranking)}"
    )


def _bursts(ranking: Sequence[ArmStanding]) -> str:
    """Say how many trials and seconds may still be bad: no formula sees the outage that did not happen."""
    first = next((one for one in ranking if one.verdict is Verdict.PASS), None)
    if first is None:
        return ""
    trials = f"{first.bad_trials} of {counted(first.trials, 'trial')}"
    may = f"{percent(may_be(first.bad_trials, first.trials))} of trials"
    if first.seconds:
        trials += f" and {first.bad_seconds} of {counted(first.seconds, 'second')}"
        may += f" and {percent(may_be(first.bad_seconds, first.seconds))} of seconds"
    return f" If they come in bursts: {trials} of {first.arm} had one; with 95 % confidence up to {may} may."


def _stalls(contest: Contest) -> str:
    return (
        f"What happens less often than once in {contest.window_s:g} s, the length of a window, such as a nightly job, "
        f"a slow leak or a recycled worker; each trial starts with a fresh server."
    )


def _small_effects(noise: NoiseFloor | None) -> str:
    if noise is None:
        return "Small differences: there was no A/A control, so how small is not known."
    names = (
        f"{listed(noise.arms)} under two names differed by {percent(difference_between_names(noise))} in p95 "
        f"over {counted(noise.latency.blocks, 'block')}"
    )
    if noise.detectable is None:
        return (
            f"Differences between configurations that pass: {names}, and it takes {noise.blocks_to_prove} blocks "
            f"until the signed-rank test between two of them can prove any."
        )
    return f"Differences in p95 below {percent(noise.detectable)}, by the noise of the noisiest two: {names}."


def _one_machine() -> str:
    return (
        "Client, proxy, application and database shared one machine: they took CPU time from each other, "
        "and no network was between them."
    )
