"""What runs today comes with the numbers that were told of its command."""

from badgateway.draft.today import todays_server
from badgateway.model.knob import WorkerModel

TOLD = {"workers": 3, "threads": 4, "listen": 2048, "greenlets": 1000, "app_s": 20, "model": "gthread"}


def test_numbers_that_have_no_effect_are_none_of_its_settings():
    found = todays_server(TOLD, WorkerModel.THREADS)

    assert found.limit_s == 20
    assert found.settings == {"workers": 3, "threads": 4, "listen": 2048}


def test_workers_that_run_greenlets_have_their_number():
    assert todays_server(TOLD, WorkerModel.GREENLETS).settings["greenlets"] == 1000


def test_a_limit_of_0_is_none():
    assert todays_server(TOLD | {"app_s": 0}, None).limit_s is None
