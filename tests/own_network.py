"""Whether this machine gives a program a network of its own, as a container or a chroot mostly does not."""

import subprocess
import sys

import pytest


def demand_own_network() -> None:
    """Skip the test where there is none."""
    if (
        sys.platform != "linux"
        or subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this machine gives nobody a network of its own")
