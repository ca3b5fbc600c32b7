import socket

from badgateway.process.ports import free_port


def test_a_free_port_can_be_bound_on_loopback():
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[0] == "127.0.0.1"
