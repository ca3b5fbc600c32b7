"""Ports nobody listens on."""

import socket


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now.

    The kernel hands out ephemeral ports in random order, so two kits that ask at the same time meet with odds of one in
    thousands; the one that loses fails when its server cannot bind, and says so.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
