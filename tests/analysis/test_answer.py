"""One answer in a report: the recommendation is the choice in short."""

import dataclasses

import pytest

from badgateway.analysis.answer import recommendation_of
from badgateway.judge.choice import choose
from badgateway.model.comparison import Choice, ChoiceKind, ConfigurationVerdict, StudyPower
from badgateway.model.design import ConfigurationFacts
from badgateway.model.run_summary import Decision
from badgateway.model.study import MachineLimits
from badgateway.model.summary import Verdict
from badgateway.model.trial import MachineCheck
from badgateway.words.choice import larger_run, sentence
from badgateway.words.phrases import setup
from tests.judge.designs import asked
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, experiment, record, summarised

EXPERIMENT = experiment("first", "second")
SUMMARIES = summarised(
    EXPERIMENT,
    {
        "first": evidence({OK: 1400, BAD_GATEWAY: 600}, record("first")),
        "second": evidence({OK: 2000}, record("second")),
    },
)


def chosen(kind: ChoiceKind, configured: str | None) -> Choice:
    first = Verdict.INCONCLUSIVE if kind is ChoiceKind.NEEDS_MORE else Verdict.PASS
    standings = (("first", first), ("second", Verdict.FAIL))
    return Choice(
        kind=kind,
        configuration=configured,
        equivalent=(),
        more_blocks=None,
        ranking=tuple(
            ConfigurationVerdict(configuration=name, verdict=verdict, level=5, requests=9, failures=0, late=0)
            for name, verdict in standings
        ),
        rivalries=(),
        capacities=(),
        noise=None,
        asked=asked("first", "second"),
        power=StudyPower(compared=1, blocks=1, smallest_p=1.0, blocks_to_prove=6),
        most_requests=9,
        bursts=None,
    )


@pytest.mark.parametrize(
    ("kind", "configured", "decision", "configuration"),
    [
        (ChoiceKind.PICKED, "first", Decision.PICKED, "first"),
        (ChoiceKind.EQUIVALENT, "first", Decision.PICKED, "first"),
        (ChoiceKind.NEEDS_MORE, "first", Decision.INCONCLUSIVE, None),
        (ChoiceKind.NONE_QUALIFIES, None, Decision.NONE_QUALIFIES, None),
    ],
)
def test_each_kind_of_choice_is_one_decision(kind, configured, decision, configuration):
    told = recommendation_of(chosen(kind, configured), EXPERIMENT, SUMMARIES, "badgateway run x.toml")

    assert (told.decision, told.configuration) == (decision, configuration)
    assert told.sentence == sentence(chosen(kind, configured))
    deploy = [f"first is {setup(EXPERIMENT.configuration('first'))}."] if configuration else []
    assert list(told.reasons[: len(deploy)]) == deploy
    about = [reason for reason in told.reasons if reason.startswith("The baseline first is FAIL, at 50 users: 600 of")]
    assert len(about) == (configuration is None)
    assert told.ranking == ("first", "second")


def test_a_baseline_whose_verdict_comes_from_elsewhere_is_told_without_a_sentence_of_its_own():
    summaries = (dataclasses.replace(SUMMARIES[0], reasons=()), SUMMARIES[1])
    told = recommendation_of(chosen(ChoiceKind.PICKED, "second"), EXPERIMENT, summaries, "badgateway run x.toml")

    assert told.reasons[-1].startswith("The baseline first is FAIL")


@pytest.mark.parametrize(
    ("command", "settles"),
    [
        ("badgateway run x.toml", "badgateway run x.toml --blocks 4"),
        ("badgateway run x.toml --blocks 2 --quick", "badgateway run x.toml --quick --blocks 4"),
        ("./lab study", "./lab study -- --blocks 4"),
        # The same budget would cut it to the same blocks.
        ("badgateway run --budget 2m --quick", "badgateway run --quick --blocks 4"),
        ("badgateway run --budget=2m --blocks=2", "badgateway run --blocks 4"),
        ("nox -s compare -- --budget 2m", "nox -s compare -- --blocks 4"),
    ],
)
def test_what_would_settle_more_is_a_command_to_paste(command, settles):
    open_choice = dataclasses.replace(chosen(ChoiceKind.NEEDS_MORE, "first"), more_blocks=3, blocks_in_all=4)
    told = recommendation_of(open_choice, EXPERIMENT, SUMMARIES, command)

    assert told.reasons[0] == f"About 3 more blocks would settle what is open, if all goes on so: {settles}"


def test_where_all_was_disturbed_it_is_said_by_what_and_how_to_end_it_and_no_further_blocks_are_asked_for():
    busy = MachineCheck(steal_share=0.0, outside_share=0.4, clock_step_s=0.0, allowed=MachineLimits())
    trials = [evidence({OK: 2000}, record("first", machine=busy)), evidence({OK: 2000}, record("second", machine=busy))]
    summaries = summarised(EXPERIMENT, {"first": trials[:1], "second": trials[1:]})
    names = ("first", "second")
    choice = choose(asked(*names), [ConfigurationFacts(configuration=one, trials=()) for one in names])

    found = recommendation_of(choice, EXPERIMENT, summaries, "badgateway run x.toml", busy="cc1 (pid 7)")

    assert (choice.more_blocks, larger_run(choice, "badgateway run x.toml")) == (None, "")
    assert found.reasons[0] == (
        "2 of 2 trials are INVALID: other processes used 40.0 % of the machine's CPU time; allowed are 25 % "
        "(machine.max_outside_share): stop them, or wait. Remedy: badgateway doctor names who it is."
    )
    assert found.reasons[1] == "When it began, the machine was busy: cc1 (pid 7)."
