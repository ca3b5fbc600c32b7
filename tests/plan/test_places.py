import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.places import Places
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.places import listening_fault, placing_faults
from tests.declared import DECLARED, declared, experiment
from tests.mutations import toml

UNIX = DECLARED["configurations"]
TCP = [one | {"transport": "tcp"} for one in UNIX]
OTHERS_DATABASE = {"url": "env:STAGING_DATABASE_URL"}


TWO_ENDS = (
    "places.load: it and places.proxy are two ends of one line, and with proxy the load is alone where the kit is; "
    "take load out"
)
CROSSED_AGAIN = (
    "places.proxy: without places.target the servers are where the load is, and each request would cross the line "
    "again on its way to them; write target = {}, which puts them beside nginx, or give the line to places.load"
)
NOT_REACHED = (
    "places.target: from there only what the run starts is reached, and database.url is elsewhere; take one of them out"
)


TOO_FEW = (
    "places.load.ip_local_port_range: [50000, {}] is {}, and 50 users need one each at least; widen it, or leave it out"
)


def of_two(name: str, key: str) -> str:
    return (
        f"configurations[{name}].transport: 'unix' is a socket of one machine, and places.{key} has nginx and the "
        'server on two; write transport = "tcp"'
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"places": {"load": {"ip_local_port_range": [50_000, 50_002]}}}, TOO_FEW.format(50_002, "3 ports")),
        ({"places": {"load": {"ip_local_port_range": [50_000, 50_000]}}}, TOO_FEW.format(50_000, "1 port")),
        ({"places": {"proxy": {}, "load": {}}, "configurations": TCP}, TWO_ENDS),
        ({"places": {"proxy": {"round_trip_ms": 100}}, "configurations": TCP}, CROSSED_AGAIN),
        ({"places": {"proxy": {"loss": 0.1}}, "configurations": TCP}, CROSSED_AGAIN),
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


ALLOWED = "allowed are load, proxy, target, database"
OF_THE_COMMAND = "places.workers: how many workers join is said in the command, badgateway run --workers-expected N"
RANGE = "places.target.ip_local_port_range"


@pytest.mark.parametrize(
    ("places", "complaint"),
    [
        ({"workers": 2}, f"{OF_THE_COMMAND}; take it out, {ALLOWED}"),
        ({"worker": 2}, f"places.worker: unknown key; {ALLOWED}"),
        ({"tarqet": {}}, "places.tarqet: unknown key; did you mean target?"),
        ({"proxy": {"somaxcon": 4}}, "places.proxy.somaxcon: unknown key; did you mean somaxconn?"),
        ({"database": {"somaxconn": 4}}, "places.database.somaxconn: unknown key; allowed are round_trip_ms, loss"),
        ({"target": {"ip_local_port_range": [40001, 40000]}}, f"{RANGE}: [40001, 40000] goes down; write the lowest"),
        ({"target": {"ip_local_port_range": [80, 90]}}, f"{RANGE}: input should be two ports from 1024 to 65535"),
        ({"target": {"ip_local_port_range": [40000]}}, f"{RANGE}: input should be two ports from 1024 to 65535"),
        ({"target": {"ip_local_port_range": 40000}}, f"{RANGE}: 40000 is not allowed: input should be two ports"),
    ],
)
def test_a_key_or_a_range_that_no_place_has_is_refused_by_its_key(places, complaint, tmp_path):
    path = tmp_path / "badgateway.toml"
    path.write_text(toml(declared(places=places)))

    with pytest.raises(ConfigurationError) as refusal:
        load_experiment(path)
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"{path}: {complaint}")


@pytest.mark.parametrize(
    ("places", "key"),
    [({"load": {}}, "load"), ({"proxy": {}}, "proxy"), ({"target": {}, "database": {}}, "")],
)
def test_a_template_of_ones_own_that_listens_elsewhere_than_the_load_comes_to_is_refused(places, key):
    own = "listen 127.0.0.1:@{port};"
    told = f"servers/nginx.conf: has no @{{address}}, and with places.{key} nginx listens at another; write listen "

    found = listening_fault("servers/nginx.conf", own, Places.model_validate(places))
    assert found.startswith(told) if key else found == ""
    assert listening_fault("nginx.conf", own.replace("127.0.0.1", "@{address}"), Places.model_validate(places)) == ""


@pytest.mark.parametrize(
    "places",
    [
        {},
        {"load": {"round_trip_ms": 9}, "database": {}},
        {"proxy": {"round_trip_ms": 9}, "target": {"somaxconn": 4}, "database": {}},
        {"proxy": {"somaxconn": 4}},
    ],
)
def test_all_else_goes_together(places):
    configurations = TCP if "proxy" in places else UNIX

    assert list(placing_faults(experiment(places=places, configurations=configurations))) == []
