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


def is_free(port: int) -> bool:
    """Tell whether a server could listen on that port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it, so that a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
