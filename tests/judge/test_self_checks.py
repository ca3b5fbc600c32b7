"""What makes a trial INVALID besides its books: a generator that was late or missed arrivals, a disturbed machine."""

import dataclasses

import pytest

from badgateway.judge.verdicts import unanswered_arrivals, why_broken, why_invalid, why_saturated
from badgateway.model.study import MachineLimits
from badgateway.model.trial import INTERRUPTED, Disturbance, MachineCheck, OutsidePart, SendingCheck, TrialStatus
from badgateway.words.verdict_reasons import say
from tests.judge.evidence_of import OK, evidence

LIMITS = MachineLimits(max_steal_share=0.05, max_outside_share=0.25)


def with_record(**changes):
    entry = evidence({OK: 500})
    return dataclasses.replace(entry, record=dataclasses.replace(entry.record, **changes))


def open_loop(sending):
    entry = with_record(sending=sending)
    trial = dataclasses.replace(entry.record.trial, users=0, rate_per_s=50.0)
    return dataclasses.replace(entry, record=dataclasses.replace(entry.record, trial=trial))


def sent(*, arrivals=1000, missed=0, lag_ms=1.0):
    return SendingCheck(arrivals=arrivals, missed_arrivals=missed, send_lag_p99_ms=lag_ms)


def _said(reason) -> str:
    return say(reason) if reason else ""


def machine(*, steal=0.0, outside=0.0, step_s=0.0):
    return MachineCheck(steal_share=steal, outside_share=outside, clock_step_s=step_s, allowed=LIMITS)


@pytest.mark.parametrize("sending", [sent(), sent(missed=10), sent(lag_ms=10)])
def test_an_open_loop_that_sent_its_schedule_in_time_is_counted(sending):
    assert why_invalid(open_loop(sending)) is None


@pytest.mark.parametrize(
    ("sending", "reason"),
    [
        (None, "whether the load generator sent its schedule is unknown"),
        (sent(arrivals=0), "whether the load generator sent its schedule is unknown"),
        (sent(lag_ms=10.4), "1 % of requests were sent more than 10 ms after they were due"),
    ],
)
def test_an_open_loop_that_did_not_is_not(sending, reason):
    assert reason in _said(why_invalid(open_loop(sending)))


def test_arrivals_that_found_too_many_unanswered_before_them_count_as_failed():
    entry = open_loop(sent(missed=11))

    assert why_invalid(entry) is None
    assert unanswered_arrivals(entry.record) == 11
    assert unanswered_arrivals(open_loop(sent(missed=10)).record) == 0


def test_a_generator_that_is_kept_busy_by_failures_that_come_at_once_measured_the_configuration():
    busy = with_record(generator_cpu_share=0.95).record

    assert why_saturated(busy, 0.9) is None
    assert _said(why_saturated(busy, 0.1)) == "the load generator was saturated (95.0 % of one core)"


@pytest.mark.parametrize("found", [machine(), machine(steal=0.05, outside=0.25, step_s=0.1)])
def test_a_machine_within_its_limits_disturbs_nothing(found):
    assert why_invalid(with_record(machine=found)) is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "what else ran on the machine is unknown"),
        (machine(steal=0.06), "the hypervisor took 6.00 % of the CPU time for other guests; allowed are 5 %"),
        (machine(outside=0.3), "other processes used 30.0 % of the machine's CPU time; allowed are 25 %"),
        (machine(step_s=-3), "the machine's clock was set during the trial, by -3.00 s"),
    ],
)
def test_a_disturbed_machine_and_one_that_nobody_watched_make_a_trial_invalid(found, reason):
    assert reason in _said(why_invalid(with_record(machine=found)))


STOOD_STILL = Disturbance(
    part=OutsidePart.GENERATOR, what="the load generator stood still for 1.52 s", at_s=1003.25, lasted_s=1.52
)
CUT = Disturbance(part=OutsidePart.BOOKS, what="samples.csv is shorter than when it was stored")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ((STOOD_STILL,), "the load generator stood still for 1.52 s, 13.2 s after the trial began"),
        ((CUT,), "samples.csv is shorter than when it was stored"),
        (
            (STOOD_STILL, CUT),
            "the load generator stood still for 1.52 s, 13.2 s after the trial began; and 1 more disturbance",
        ),
    ],
)
def test_what_came_from_outside_makes_a_trial_invalid_by_its_name(found, reason):
    assert _said(why_invalid(with_record(disturbances=found))) == reason


def test_a_trial_that_was_aborted_by_what_came_from_outside_says_what_it_was():
    found = with_record(status=TrialStatus.ABORTED, reason="nginx did not answer", disturbances=(CUT,))

    assert _said(why_invalid(found)) == CUT.what


def test_a_trial_that_the_user_stopped_is_invalid_and_nobodys_fault():
    found = with_record(status=TrialStatus.ABORTED, reason=INTERRUPTED, window=None)

    assert _said(why_invalid(found)) == "interrupted"


def test_a_trial_that_nothing_from_outside_ended_is_the_configurations_failure():
    found = with_record(status=TrialStatus.ABORTED, reason="uWSGI ended with status 1", window=None)

    assert why_invalid(found) is None
    assert why_broken(found) == "uWSGI ended with status 1"
