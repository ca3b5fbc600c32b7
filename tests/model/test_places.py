import pytest
from pydantic import ValidationError

from badgateway.model.places import Line, Place, Places


def test_a_kernel_is_told_what_was_declared_and_nothing_else():
    place = Place(somaxconn=128, ip_local_port_range=(32_768, 33_000))

    assert place.kernel_settings == {
        "net/core/somaxconn": "128",
        "net/ipv4/ip_local_port_range": "32768 33000",
    }
    assert Place(ip_local_port_range=(40_000, 40_000)).kernel_settings == {
        "net/ipv4/ip_local_port_range": "40000 40000",
    }
    assert Place().kernel_settings == Line(round_trip_ms=1).kernel_settings == {}


def test_places_are_told_by_their_keys_in_the_order_of_a_request():
    every = Places(database=Line(), target=Place(), proxy=Place(somaxconn=4))

    assert list(every.lines) == ["proxy", "target", "database"]
    assert Places().lines == {}


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ({"somaxconn": 0}, "greater than or equal to 1"),
        ({"somaxconn": 65_536}, "less than or equal to 65535"),
        ({"ip_local_port_range": (80, 90)}, "two ports from 1024 to 65535"),
        ({"ip_local_port_range": (40_000,)}, "two ports from 1024 to 65535"),
        ({"ip_local_port_range": (40_000, 41_000, 42_000)}, "two ports from 1024 to 65535"),
        ({"ip_local_port_range": (40_001, 40_000)}, r"\[40001, 40000\] goes down; write the lowest port first"),
        ({"tcp_max_syn_backlog": 64}, "Extra inputs"),
        ({"netdev_max_backlog": 1}, "Extra inputs"),
    ],
)
def test_a_limit_that_no_kernel_would_take_is_refused(place, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Places.model_validate({"target": place})


def test_a_database_elsewhere_has_no_kernel_of_its_own():
    # A relay stands there: what it was told would say nothing of the server.
    with pytest.raises(ValidationError, match="Extra inputs"):
        Places.model_validate({"database": {"somaxconn": 4}})
