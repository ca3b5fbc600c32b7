import pytest

from badgateway.plan.places import placing_faults
from tests.declared import DECLARED, experiment

UNIX = DECLARED["configurations"]
TCP = [one | {"transport": "tcp"} for one in UNIX]
OTHERS_DATABASE = {"url": "env:STAGING_DATABASE_URL"}


TWO_ENDS = (
    "places.load: it and places.proxy are two ends of one line, and with proxy the load is alone where the kit is; "
    "take load out"
)
NOT_REACHED = (
    "places.target: from there only what the run starts is reached, and database.url is elsewhere; take one of them out"
)


def of_two(name: str, key: str) -> str:
    return (
        f"configurations[{name}].transport: 'unix' is a socket of one machine, and places.{key} has nginx and the "
        'server on two; write transport = "tcp"'
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"places": {"proxy": {}, "load": {}}, "configurations": TCP}, TWO_ENDS),
        ({"places": {"target": {}}, "configurations": [TCP[0], UNIX[1]]}, of_two("second", "target")),
        ({"places": {"proxy": {}}, "configurations": [UNIX[0]]}, of_two("first", "proxy")),
        (
            {
                "places": {"target": {}},
                "configurations": TCP,
                "database": OTHERS_DATABASE,
                "application": {"prepare": [], "restore": []},
            },
            NOT_REACHED,
        ),
    ],
)
def test_what_does_not_go_together_is_named_with_what_to_do(changes, complaint):
    assert list(placing_faults(experiment(**changes))) == [complaint]


@pytest.mark.parametrize(
    "places", [{}, {"load": {}, "database": {}}, {"proxy": {}, "target": {"somaxconn": 4}, "database": {}}]
)
def test_all_else_goes_together(places):
    configurations = TCP if "proxy" in places else UNIX

    assert list(placing_faults(experiment(places=places, configurations=configurations))) == []
