from dataclasses import replace
from typing import Any

import pytest

from badgateway.judge import TrialEvidence
from badgateway.judge.database_work import other_work, side_by_side, with_disturbance
from badgateway.judge.summarise import summarise_trial
from badgateway.model.experiment import Experiment, Objective
from badgateway.model.outcome import Outcome
from badgateway.model.samples import DatabaseWork
from badgateway.model.summary import Verdict
from badgateway.model.trial import Disturbance, OutsidePart, Trial
from badgateway.words.verdict_reasons import disturbance, said
from tests.declared import declared
from tests.judge.evidence_of import evidence, record

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)

Seen = tuple[Trial, DatabaseWork | None]


def given(**environment_of: dict[str, str]) -> Experiment:
    """Declare the configurations first, second and third; some have settings of their own."""
    configuration = {"server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    return Experiment.model_validate(
        declared(
            configurations=[
                {"name": name, **configuration, "environment": environment_of.get(name, {})}
                for name in ("first", "second", "third")
            ]
        )
    )


def work(rows: float = 40.0, *, selects: int = 9000, a_request: float = 3.0, cpu_ms: float = 0.3, **more: Any):
    fields = {"span_s": 8.0, "rows_noise": 0.01} | more
    return DatabaseWork(
        requests=round(selects / a_request),
        selects=selects,
        rows_read=round(rows * selects),
        cpu_s=cpu_ms * selects / 1000,
        **fields,
    )


def trial(configuration: str = "first", *, users: int = 50, position: int = 1) -> Trial:
    return Trial(block=1, position=position, configuration=configuration, users=users, seed=1)


def odd(seen: list[Seen], experiment: Experiment | None = None) -> list[int]:
    return sorted(other_work(experiment or given(), seen))


def test_trials_that_differ_as_chance_has_it_are_all_trusted():
    seen: list[Seen] = [
        (trial(name, users=users), work(rows, selects=selects, cpu_ms=cpu_ms))
        for name, users, rows, selects, cpu_ms in (
            ("first", 25, 38, 900, 0.5),
            ("first", 120, 43, 9000, 0.3),
            ("second", 25, 40, 1000, 0.6),
            ("second", 120, 41, 12000, 0.35),
            ("third", 120, 36, 400, 0.9),
        )
    ]

    assert odd(seen) == []


def test_a_trial_whose_statements_read_many_more_rows_is_the_odd_one_whatever_its_configuration():
    seen: list[Seen] = [(trial("first"), work()), (trial("second"), work(3100)), (trial("third"), work())]

    found = other_work(given(), seen)

    assert list(found) == [1]
    assert found[1].part is OutsidePart.DATABASE
    assert disturbance(found[1]) == (
        "the database did other work: it read 3,100.0 rows for each SELECT, and 40.0 is usual in the 3 trials that "
        "ask for the same"
    )


def test_of_two_that_differ_neither_is_trusted():
    assert odd([(trial("first"), work()), (trial("second"), work(3100))]) == [0, 1]


def test_a_plan_that_comes_and_goes_is_told_where_it_came():
    usual = [(trial(position=position), work()) for position in range(1, 6)]
    # For a third of the window another plan: the parts differ, and so the trial's own noise is large.
    flipped = (trial(position=6), work(1000, rows_noise=0.4))

    assert odd([*usual, flipped]) == [5]


def test_where_few_requests_read_most_of_the_rows_their_number_is_chance():
    seen: list[Seen] = [
        (trial("first"), work(9000, rows_noise=0.5)),
        (trial("second"), work(2500, rows_noise=0.6)),
        (trial("third"), work(12000, rows_noise=0.4)),
    ]

    assert odd(seen) == []


def test_a_site_with_settings_of_its_own_or_other_statements_is_no_comparison():
    cached = [(trial("first"), work(40)), (trial("second"), work(400, a_request=0.5)), (trial("third"), work(41))]
    other = [(trial("first"), work(40)), (trial("second"), work(400)), (trial("third"), work(41))]

    assert odd(cached) == []
    assert odd(other, given(second={"APP_EXPORT_STRATEGY": "naive"})) == []
    assert odd(other) == [1]


@pytest.mark.parametrize("nothing", [None, work(9000, selects=150)])
def test_a_trial_of_which_little_is_known_is_neither_odd_nor_a_measure(nothing):
    assert odd([(trial("first"), nothing), (trial("second"), work())]) == []


def test_more_cpu_for_the_same_statements_is_told_of_one_configuration_at_one_load_only():
    usual = [(trial(position=position), work()) for position in range(1, 4)]
    slow = work(cpu_ms=1.2)

    assert odd([*usual, (trial(position=4), slow)]) == [3]
    assert odd([*usual, (trial(users=5, position=4), slow)]) == []
    assert odd([*usual, (trial("second", position=4), slow)]) == []
    # Three times next to nothing is next to nothing.
    assert odd([(trial(), work(selects=300)) for _ in range(3)] + [(trial(), work(selects=300, cpu_ms=1.2))]) == []


def test_a_database_without_any_cpu_time_is_no_measure():
    assert odd([(trial(), work(cpu_ms=0)), *((trial(), work()) for _ in range(3))]) == []


def kept_with(*rows: float) -> list[TrialEvidence]:
    names = ("first", "second", "third")
    return [
        evidence({Outcome.OK: 400}, record(name, block=place), database_work=work(number))
        for place, (name, number) in enumerate(zip(names, rows, strict=False), start=1)
    ]


def test_the_odd_one_is_invalid_and_says_why():
    found = [summarise_trial(entry, OBJECTIVE) for entry in side_by_side(given(), kept_with(40, 3100, 40))]

    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.INVALID, Verdict.PASS]
    assert "the database did other work" in said(found[1].reasons)[0]


def test_what_disturbed_a_trial_while_it_ran_is_said_first():
    stood_still = Disturbance(part=OutsidePart.GENERATOR, what="the load generator stood still for 1.52 s")
    disturbed = evidence({Outcome.OK: 400}, replace(record(), disturbances=(stood_still,)))
    other = Disturbance(part=OutsidePart.DATABASE, what="the database did other work")

    assert with_disturbance(disturbed, other).record.disturbances == (stood_still, other)
    assert with_disturbance(disturbed, None) is disturbed
