"""Which trial of a run is next, whether it was resumed or not."""

from dataclasses import replace

from badgateway.search.trial_queue import FixedQueue
from tests.judge.test_database_work import given, kept_with
from tests.study.fakes import manifest


def test_a_schedule_runs_the_odd_one_again_and_a_resumed_one_has_the_same_trials_due():
    declared = given()
    plan = replace(manifest(declared), attempts=2)
    kept = kept_with(40, 3100, 40)
    live = FixedQueue(plan, [])

    shown = [live.ended(entry) for entry in kept]
    resumed = FixedQueue(plan, kept)

    assert [bool(entry.record.disturbances) for entry in shown] == [False, True, False]
    assert resumed.next_trial() == live.next_trial()
