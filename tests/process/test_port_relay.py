"""What hands on allowed ports is a process of the kit's, and whoever leans on it learns that it has ended."""

import pytest

from badgateway.process import apart
from badgateway.process.port_relay import demand_port_relay, port_relay
from badgateway.process.ports import free_port
from tests.own_network import demand_own_network
from tests.process.test_apart import tried

KILL = """
import os, signal, time
from badgateway.errors import LineError
from badgateway.process.port_relay import demand_port_relay, has_ended, port_relay
pid = port_relay()
demand_port_relay()
os.kill(pid, signal.SIGKILL)
while not has_ended(pid):
    time.sleep(0.01)
try:
    demand_port_relay()
except LineError as error:
    print(str(error).replace(str(pid), "7"))
"""


def test_one_that_somebody_ended_is_told_with_what_to_do():
    demand_own_network()

    assert tried(KILL, allowed=str(free_port())).strip() == (
        "the relay to the ports of application.allow (pid 7), a process of the kit, was ended by somebody else; find "
        "out by what, and run again; --resume keeps what was measured"
    )


@pytest.mark.parametrize("told", ["", "7", "somebody"])
def test_in_the_machines_network_there_is_none(told, monkeypatch):
    monkeypatch.setenv(apart.STAYED_BEHIND, told)

    assert port_relay() is None
    demand_port_relay()
