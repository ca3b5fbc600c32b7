from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from badgateway.errors import DeploymentError
from badgateway.process.child import Child
from badgateway.servers import uwsgi
from badgateway.stack.deployment import Deployment, _face
from badgateway.stack.project import Snapshot
from tests.declared import experiment


@dataclass
class Part:
    name: str
    pid: int
    code: int | None = None
    printed: int = 0

    def exit_code(self):
        return self.code

    def log_bytes(self):
        return self.printed

    def tail(self):
        return "last line"

    require_bounded_log = Child.require_bounded_log


def deployment(server: Part, proxy: Part) -> Deployment:
    return Deployment(
        url="http://127.0.0.1:1",
        proxy_port=1,
        server_sockets=(Path("web.sock"),),
        server=uwsgi.SERVER,
        statistics_sockets=(Path("stats.sock"),),
        children=cast("Any", {"server": server, "nginx": proxy}),
        read_access_log=lambda: b"",
        read_error_log=lambda: b"",
        read_journal=lambda: b"",
    )


def test_a_deployment_tells_the_first_process_of_each_part():
    assert deployment(Part("uwsgi", 7), Part("nginx", 8)).parts == {"server": 7, "nginx": 8}


def test_a_deployment_that_stands_passes_its_check():
    deployment(Part("uwsgi", 7), Part("nginx", 8)).check()


def test_a_part_that_went_away_by_itself_is_named_with_how_and_its_last_lines():
    with pytest.raises(DeploymentError) as refusal:
        deployment(Part("uwsgi", 7), Part("nginx", 8, code=-9)).check()

    assert str(refusal.value) == "nginx was ended by SIGKILL in the middle of the trial; last log lines:\nlast line"


def test_a_part_that_prints_without_end_is_stopped_before_it_fills_the_disk():
    deployment(Part("uwsgi", 7, printed=256 << 20), Part("nginx", 8)).check()
    with pytest.raises(DeploymentError) as refusal:
        deployment(Part("uwsgi", 7, printed=(256 << 20) + 1), Part("nginx", 8)).check()

    assert str(refusal.value).startswith("uwsgi printed more than 256 MiB; let it print less, ")


def test_several_servers_are_one_part_and_each_has_to_stay():
    two = replace(
        deployment(Part("uwsgi", 7), Part("nginx", 8)),
        server_sockets=(Path("/t/web.sock"), 9001),
        children=cast("Any", {"server": Part("uwsgi", 7), "server-2": Part("uwsgi", 9), "nginx": Part("nginx", 8)}),
    )

    assert two.roots == {"server": (7, 9), "nginx": (8,)}
    assert two.upstreams == ("unix:/t/web.sock", "127.0.0.1:9001")
    cast("Any", two.children["server-2"]).code = 1
    with pytest.raises(DeploymentError, match="uwsgi ended with status 1 in the middle of the trial"):
        two.check()


@pytest.mark.parametrize(
    ("database", "reads_only"),
    [
        ({}, False),
        ({"url": "env:STAGING_DATABASE_URL"}, True),
        ({"url": "env:STAGING_DATABASE_URL", "may_write": "db.test.example.org/shop"}, False),
    ],
)
def test_the_proxy_refuses_what_may_write_where_the_database_is_only_read(database, reads_only, tmp_path):
    own: dict[str, Any] = {"prepare": [], "restore": []} if reads_only else {}
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")

    assert _face(experiment(database=database, application=own), snapshot, None).reads_only is reads_only
