"""One answer in a report: the recommendation is the choice in short."""

import pytest

from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind, Criterion, Reason
from badgateway.model.summary import Decision, Verdict
from badgateway.study.answer import recommendation_of


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
    told = recommendation_of(chosen(kind, arm))

    assert (told.decision, told.configuration) == (decision, configuration)
    assert told.sentence == "The sentence."
    assert told.reasons == ("A reason.", "How sure.")
    assert told.ranking == ("first", "second")
