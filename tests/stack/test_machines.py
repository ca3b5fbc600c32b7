"""Which address leads from one part to the next, whatever has a machine of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from badgateway.model.places import Limits, Places
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack import instances
from badgateway.stack.machines import Machines, machines_of
from tests.stack.sites import site
from tests.stack.test_database import DATABASE

LIMITS = Limits(somaxconn=128, ip_local_port_range=(32_768, 60_999))


class End:
    """Of a line."""

    pid = 7


def machine(number: int) -> Elsewhere:
    return Elsewhere(here=f"198.18.{number}.1", there=f"198.18.{number}.2", end=cast("Any", End()), limits=LIMITS)


@pytest.mark.parametrize(
    ("proxy", "target", "front", "server"),
    [
        (None, None, "10.0.0.5", "127.0.0.1"),
        (None, machine(2), "10.0.0.5", "198.18.2.2"),
        (machine(1), None, "198.18.1.2", "198.18.1.1"),
        (machine(1), machine(2), "198.18.1.2", "198.18.2.2"),
    ],
)
def test_nginx_and_server_listen_where_the_one_before_reaches_them(proxy, target, front, server):
    machines = Machines(proxy=proxy, target=target)
    (there,) = machines.hosting([site(port=8000)])

    assert machines.front("10.0.0.5") == front
    assert machines.server_host == server
    assert there.address == f"{server}:8000"
    assert there.network == (Path("/proc/7/ns/net") if target else None)


def test_machines_tell_their_ends_and_what_is_in_force():
    machines = Machines(proxy=machine(1), target=machine(2), relays={"relay-6379": cast("Any", End())})

    assert list(machines.children) == ["proxy-line", "target-line", "relay-6379"]
    assert machines.limits == {"proxy": LIMITS, "target": LIMITS}
    assert Machines().children == {}
    assert Machines().limits == {}


def test_a_check_tells_nobody_that_the_site_reaches_the_runs_own_database_over_a_line():
    own = replace(DATABASE, pid=7)
    over_a_line = replace(own, host="198.18.0.2")

    assert [instances._own(one) for one in (own, over_a_line)] == [own.port, f"198.18.0.2:{own.port}"]
    # A database that was there before is somebody else's, and is told.
    assert instances._own(replace(over_a_line, pid=None)) == own.port


def test_where_all_is_here_nothing_is_started(tmp_path):
    with machines_of(Places(), [6379], raw=tmp_path, run=tmp_path) as machines:
        assert machines == Machines()
