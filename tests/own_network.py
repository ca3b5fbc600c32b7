"""Whether this machine gives a program a network of its own, as a container mostly does not."""

import os
import subprocess
import sys

import pytest


def demand_own_network() -> None:
    """Skip the test where there is none."""
    # Root needs no user namespace for it, which a chroot does not give.
    kinds = "-n" if os.geteuid() == 0 else "-rn"
    if (
        sys.platform != "linux"
        or subprocess.run(["unshare", kinds, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this machine gives nobody a network of its own")
