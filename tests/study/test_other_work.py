from dataclasses import replace

from badgateway.judge.summarise import summarise_trial
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.study.contest import Kept
from badgateway.study.other_work import side_by_side, with_disturbance
from badgateway.study.programme import FixedSchedule
from tests.judge.evidence_of import evidence, record
from tests.judge.test_database_work import given, work
from tests.study.fakes import manifest

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)


def kept_with(tmp_path, *rows: float) -> list[Kept]:
    names = ("first", "second", "third")
    return [
        (tmp_path, evidence({Outcome.OK: 400}, record(name, block=place), database_work=work(number)))
        for place, (name, number) in enumerate(zip(names, rows, strict=False), start=1)
    ]


def test_the_odd_one_is_invalid_and_says_why(tmp_path):
    found = [summarise_trial(entry, OBJECTIVE) for _, entry in side_by_side(given(), kept_with(tmp_path, 40, 3100, 40))]

    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.INVALID, Verdict.PASS]
    assert "the database did other work" in found[1].reasons[0]


def test_what_disturbed_a_trial_while_it_ran_is_said_first():
    stood_still = Disturbance(part=OutsidePart.GENERATOR, what="the load generator stood still for 1.52 s")
    disturbed = evidence({Outcome.OK: 400}, replace(record(), disturbances=(stood_still,)))
    other = Disturbance(part=OutsidePart.DATABASE, what="the database did other work")

    assert with_disturbance(disturbed, other).record.disturbances == (stood_still, other)
    assert with_disturbance(disturbed, None) is disturbed


def test_a_schedule_runs_the_odd_one_again_and_a_resumed_one_has_the_same_trials_due(tmp_path):
    declared = given()
    plan = replace(manifest(declared), attempts=2)
    kept = kept_with(tmp_path, 40, 3100, 40)
    live = FixedSchedule(plan, [], lambda: None)

    shown = [live.ended(raw, entry) for raw, entry in kept]
    resumed = FixedSchedule(plan, kept, lambda: None)

    assert [bool(entry.record.disturbances) for entry in shown] == [False, True, False]
    assert resumed.next_trial() == live.next_trial()
