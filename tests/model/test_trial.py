"""What trials and their records know of themselves."""

import pytest

from badgateway.model.trial import Trial, TrialRecord, TrialStatus, Window


def trial(position: int = 7) -> Trial:
    return Trial(block=1, position=position, configuration="uwsgi-2", users=300, seed=1)


def test_the_folders_of_trials_sort_in_the_order_of_running():
    names = [trial(position).id for position in (1, 2, 10, 100, 999)]

    assert names == sorted(names)
    assert trial().id == "007-uwsgi-2-300u"


def test_the_folder_of_an_open_loop_is_named_by_its_rate():
    open_loop = Trial(block=1, position=7, configuration="uwsgi-2", rate_per_s=12.5, seed=1)

    assert open_loop.id == "007-uwsgi-2-12.5rps"


@pytest.mark.parametrize("level", [{}, {"users": 5, "rate_per_s": 5.0}])
def test_a_trial_has_one_load_level(level):
    with pytest.raises(ValueError, match=r"trial 7: .* give one"):
        Trial(block=1, position=7, configuration="uwsgi-2", seed=1, **level)


def test_a_window_is_as_long_as_requests_are_started_in_it_however_long_they_drain():
    assert Window(start_s=103.5, end_s=113.5, drained_s=190).length_s == 10


def test_overhead_is_what_a_trial_took_beyond_its_load():
    record = TrialRecord(
        trial=trial(),
        status=TrialStatus.COMPLETED,
        reason="",
        window=None,
        started_s=100,
        ended_s=118.5,
        load_s=16,
        generator_cpu_share=0.2,
    )

    assert record.overhead_s == 2.5
