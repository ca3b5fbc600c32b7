from pathlib import Path

import pytest

from badgateway.load.settings import Settings
from badgateway.model.experiment import ArrivalKind


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(rows=Path("/some/folder"), client_timeout_s=0.1, run_time_s=12.34, seed=-5),
        Settings(warm_up_s=2.5, rate_per_s=0.1, arrivals=ArrivalKind.CONSTANT, max_in_flight=7),
        Settings(ui_token="x-_y", each_task_once=True),
    ],
)
def test_settings_survive_the_way_through_the_environment(settings):
    assert Settings.from_environment(settings.to_environment()) == settings


def test_without_variables_nothing_is_recorded():
    assert Settings.from_environment({"PATH": "/bin"}).rows is None


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="soon"):
        Settings.from_environment({"BADGATEWAY_CLIENT_TIMEOUT_S": "soon"})
