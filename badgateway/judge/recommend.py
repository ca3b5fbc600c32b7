"""Answers the experiment's question: which configuration, and which facts decided."""

import dataclasses
from collections.abc import Sequence

from badgateway.judge.ranking import highest_level, rank
from badgateway.judge.reasons import about_baseline, about_invalid, about_rivals, reached
from badgateway.judge.unfinished import is_unfinished
from badgateway.judge.verdicts import MAX_SHARE_OVER_P95
from badgateway.judge.wording import counted, limit, milliseconds_limit, setup
from badgateway.model.experiment import Experiment
from badgateway.model.summary import ConfigurationSummary, Decision, Recommendation, Verdict


def recommend(experiment: Experiment, configurations: Sequence[ConfigurationSummary]) -> Recommendation:
    """Pick the best candidate that passed at every level, if there is one.

    Args:
        experiment: Its first configuration is the baseline.
        configurations: One for each of the experiment's, in any order.
    """
    # Without any candidate, somebody looks at a control or a trap by itself, and wants its verdict.
    candidates = [summary for summary in configurations if summary.configuration.candidate] or configurations
    ranked = rank(candidates)
    return dataclasses.replace(_answer(experiment, ranked), ranking=_names(rank(configurations)))


def _answer(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> Recommendation:
    if ranked[0].verdict is Verdict.PASS:
        return _picked(experiment, ranked)
    if any(map(is_unfinished, ranked)):
        return _stopped(ranked)
    if ranked[0].verdict is Verdict.FAIL:
        return _none_qualifies(experiment, ranked)
    return _inconclusive(experiment, ranked)


def _picked(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> Recommendation:
    best = ranked[0]
    return Recommendation(
        decision=Decision.PICKED,
        configuration=best.configuration.name,
        sentence=f"Run {best.configuration.name} ({setup(best.configuration)}): {reached(highest_level(best))}.",
        reasons=(*about_rivals(experiment, ranked), *about_baseline(experiment, ranked), *about_invalid(ranked)),
        ranking=_names(ranked),
    )


def _stopped(ranked: tuple[ConfigurationSummary, ...]) -> Recommendation:
    before = "any configuration" if all(map(is_unfinished, ranked)) else "all configurations"
    return Recommendation(
        decision=Decision.INCONCLUSIVE,
        configuration=None,
        sentence=f"Nothing is decided: the run was stopped before {before} had been measured at every load level; "
        "run it again and let it end.",
        reasons=(
            *(
                f"{summary.configuration.name} is {summary.verdict}, {summary.reasons[0]}."
                for summary in ranked
                if summary.verdict is not Verdict.INVALID
            ),
            *about_invalid(ranked),
        ),
        ranking=_names(ranked),
    )


def _none_qualifies(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> Recommendation:
    best = ranked[0]
    named = f"{best.configuration.name} ({setup(best.configuration)})"
    valid = [summary for summary in ranked if summary.verdict is not Verdict.INVALID]
    alone = "" if len(ranked) == 1 else ", the only configuration that could be measured,"
    sentence = (
        f"{named}{alone} does not reach the objective ({_objective(experiment)})."
        if len(valid) == 1
        else f"None of the {counted(len(valid), 'configuration')} that could be measured reached the objective "
        f"({_objective(experiment)}); the closest is {named}."
    )
    return Recommendation(
        decision=Decision.NONE_QUALIFIES,
        configuration=None,
        sentence=sentence,
        reasons=(
            *(f"{best.configuration.name}, {reason}." for reason in best.reasons),
            *about_baseline(experiment, ranked),
            *about_invalid(ranked),
        ),
        ranking=_names(ranked),
    )


def _inconclusive(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> Recommendation:
    best = ranked[0]
    if best.verdict is Verdict.INVALID:
        sentence = "No trial can be trusted, so nothing is known: look at the reasons, repair, and run it again."
        reasons = about_invalid(ranked)
    else:
        sentence = (
            f"Nothing is decided yet: no configuration is proven to reach the objective ({_objective(experiment)}), "
            f"but {best.configuration.name} may; measure longer (load.window_s) or more often (blocks)."
        )
        open_ones = tuple(
            f"{summary.configuration.name} is open, {reason}."
            for summary in ranked
            if summary.verdict is Verdict.INCONCLUSIVE
            for reason in summary.reasons
        )
        reasons = (*open_ones, *about_baseline(experiment, ranked), *about_invalid(ranked))
    return Recommendation(
        decision=Decision.INCONCLUSIVE,
        configuration=None,
        sentence=sentence,
        reasons=reasons,
        ranking=_names(ranked),
    )


def _objective(experiment: Experiment) -> str:
    objective = experiment.objective
    return (
        f"at most {limit(objective.max_failure_share)} of requests failed and {limit(1 - MAX_SHARE_OVER_P95)} of the "
        f"OK ones within {milliseconds_limit(objective.p95_ms)}, at every load level"
    )


def _names(ranked: tuple[ConfigurationSummary, ...]) -> tuple[str, ...]:
    return tuple(summary.configuration.name for summary in ranked)
