"""Of what befell a trial from outside, each is told once, and what came before its load or after it is left out."""

from badgateway.analysis.disturbances import counted
from badgateway.model.trial import Disturbance, OutsidePart

LOAD = {"load_start_s": 100.0, "drained_s": 110.0}


def seen(what: str, part=OutsidePart.DATABASE, at_s=None, lasted_s=None):
    return Disturbance(part=part, what=what, at_s=at_s, lasted_s=lasted_s)


def told(*found, **load):
    return [one.what for one in counted(found, **load)]


def test_what_touched_the_load_counts_in_the_order_of_time():
    found = (seen("late", at_s=109.0), seen("early", at_s=98.0, lasted_s=3.0))

    assert told(*found, **LOAD) == ["early", "late"]


def test_what_was_over_before_the_load_or_began_after_it_does_not_count():
    found = (seen("before", at_s=97.0, lasted_s=2.0), seen("after", at_s=110.5))

    assert told(*found, **LOAD) == []
    assert told(*found) == ["before", "after"]


def test_a_clock_that_was_set_and_what_has_no_moment_always_count():
    found = (seen("no moment"), seen("set", part=OutsidePart.CLOCK, at_s=50.0))

    assert told(*found, **LOAD) == ["set", "no moment"]


def test_two_watchers_of_one_part_tell_of_one_stop_once_and_of_another_part_too():
    found = (
        seen("stopped", at_s=101.0, lasted_s=2.0),
        seen("silent", at_s=101.5, lasted_s=2.0),
        seen("the proxy too", part=OutsidePart.PROXY, at_s=101.0, lasted_s=2.0),
    )

    assert told(*found, **LOAD) == ["stopped", "the proxy too"]
