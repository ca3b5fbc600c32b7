"""One answer in a report: the recommendation is the choice in short."""

import dataclasses

import pytest

from badgateway.judge.wording import setup
from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind, Criterion, Reason
from badgateway.model.summary import Decision, Verdict
from badgateway.study.answer import recommendation_of
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, experiment, record, summarised

EXPERIMENT = experiment("first", "second")
SUMMARIES = summarised(
    EXPERIMENT,
    {
        "first": evidence({OK: 1400, BAD_GATEWAY: 600}, record("first")),
        "second": evidence({OK: 2000}, record("second")),
    },
)


def chosen(kind: ChoiceKind, arm: str | None) -> Choice:
    standings = (("first", Verdict.PASS), ("second", Verdict.FAIL))
    return Choice(
        kind=kind,
        arm=arm,
        equivalent=(),
        more_blocks=None,
        sentence="The sentence.",
        chain=(Reason(criterion=Criterion.OBJECTIVE, arm="second", outcome="FAIL", sentence="A reason."),),
        ranking=tuple(
            ArmStanding(arm=name, verdict=verdict, level=5, requests=9, failures=0, late=0)
            for name, verdict in standings
        ),
        rivalries=(),
        capacities=(),
        noise=None,
        certainty="How sure.",
        unseen=(),
    )


@pytest.mark.parametrize(
    ("kind", "arm", "decision", "configuration"),
    [
        (ChoiceKind.PICKED, "first", Decision.PICKED, "first"),
        (ChoiceKind.EQUIVALENT, "first", Decision.PICKED, "first"),
        (ChoiceKind.NEEDS_MORE, "first", Decision.INCONCLUSIVE, None),
        (ChoiceKind.NONE_QUALIFIES, None, Decision.NONE_QUALIFIES, None),
    ],
)
def test_each_kind_of_choice_is_one_decision(kind, arm, decision, configuration):
    told = recommendation_of(chosen(kind, arm), EXPERIMENT, SUMMARIES)

    assert (told.decision, told.configuration) == (decision, configuration)
    assert told.sentence == "The sentence."
    *deploy, sure, baseline = told.reasons[: 3 if configuration else 2]
    assert deploy == ([f"first is {setup(EXPERIMENT.configuration('first'))}."] if configuration else [])
    assert sure == "How sure."
    assert baseline.startswith("The baseline first is FAIL, at 50 users: 30.0 % of 2,000 requests failed")
    assert told.ranking == ("first", "second")


def test_a_baseline_whose_verdict_comes_from_elsewhere_is_told_without_a_sentence_of_its_own():
    summaries = (dataclasses.replace(SUMMARIES[0], reasons=()), SUMMARIES[1])
    told = recommendation_of(chosen(ChoiceKind.PICKED, "second"), EXPERIMENT, summaries)

    assert told.reasons[2].startswith("The baseline first is FAIL")
