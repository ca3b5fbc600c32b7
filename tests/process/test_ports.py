import socket

from badgateway.process.ports import free_port, is_free


def test_a_free_port_can_be_bound_on_loopback():
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[0] == "127.0.0.1"


def test_a_port_somebody_listens_on_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert not is_free(port)

    assert is_free(port)
