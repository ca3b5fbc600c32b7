"""Where workers come to, as it is typed."""

from pathlib import Path

import pytest

from badgateway.cli.joining import demand_places, meeting_of, split
from badgateway.cli.planned import Planned
from badgateway.errors import ConfigurationError
from badgateway.load.command import Meeting
from badgateway.words.study_limits import placed
from tests.declared import experiment


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.5", ("10.0.0.5", 5557)),
        ("10.0.0.5:7000", ("10.0.0.5", 7000)),
        ("web-1", ("web-1", 5557)),
        ("[fd00::5]:7000", ("fd00::5", 7000)),
        ("[fd00::5]", ("fd00::5", 5557)),
    ],
)
def test_an_address_has_a_port_or_the_usual_one(text, place):
    assert split(text) == place


@pytest.mark.parametrize("text", ["", ":5557", "10.0.0.5:0", "10.0.0.5:65535", "10.0.0.5:x"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ConfigurationError, match="write an address"):
        split(text)


def test_workers_come_to_this_machine_alone_unless_an_address_is_named():
    assert meeting_of(None, None) is None
    assert meeting_of(2, None) == Meeting(address="127.0.0.1", port=5557, expected=2)
    assert meeting_of(2, "10.0.0.5:7000") == Meeting(address="10.0.0.5", port=7000, expected=2)


@pytest.mark.parametrize(
    ("expected", "bind", "complaint"),
    [
        (None, "10.0.0.5", "say how many: --workers-expected N"),
        (2, "0.0.0.0", "name the one address"),
        (2, "web-1", "web-1 is no IPv4 address"),
        (2, "[fd00::5]", "fd00::5 is no IPv4 address"),
    ],
)
def test_an_address_that_nobody_could_be_told_is_refused(expected, bind, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        meeting_of(expected, bind)


@pytest.mark.parametrize(
    ("meeting", "places", "complaint"),
    [
        (
            Meeting(address="127.0.0.1", port=1, expected=2),
            {"load": {}},
            "places.load: workers send the load from where",
        ),
        (
            Meeting(address="127.0.0.1", port=1, expected=2),
            {"proxy": {}},
            "places.proxy: workers send the load from where",
        ),
    ],
)
def test_what_a_file_says_of_its_load_and_what_the_command_says_have_to_agree(meeting, places, complaint):
    planned = Planned(path=Path("x.toml"), experiment=experiment(places=places), worker_checks=None)
    with pytest.raises(ConfigurationError, match=complaint):
        demand_places(meeting, [planned])


def test_a_report_says_what_stood_elsewhere():
    places = {"workers": 2, "load": {"round_trip_ms": 20, "loss": 0.01}, "database": {}}

    assert placed(experiment().places) == ()
    (said,) = placed(experiment(places=places).places)
    assert said.startswith(
        "Other than on one machine and over loopback: the load came from 2 workers that had joined the run, the load"
    )
    assert "over a line of 20 ms a round trip that lost 1 % of the packets each way and the database stood" in said


def test_a_report_says_what_the_kernel_of_a_place_was_told():
    target = {"round_trip_ms": 1, "somaxconn": 128, "ip_local_port_range": (32768, 33000)}
    (said,) = placed(experiment(places={"proxy": {"somaxconn": 4}, "target": target}).places)

    assert said == (
        "Other than on one machine and over loopback: nginx stood behind a network of its own without a delay (with "
        "net.core.somaxconn = 4 there) and the application server stood behind a line of 1 ms a round trip (with "
        "net.core.somaxconn = 128 and net.ipv4.ip_local_port_range = 32768 33000 there)."
    )
