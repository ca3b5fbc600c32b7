"""Prints what a Python interpreter is and what is installed for it, as JSON.

It is given to an interpreter as a text (-c), which need not be able to read this file, and needs nothing but Python.
"""

import json
import platform
import re
import sys
import sysconfig
from typing import Any


def found() -> Any:
    """Return what this interpreter is."""
    # Before 3.8 there is nothing in the standard library to ask for packages.
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "tag": str(sysconfig.get_config_var("SOABI")),
        "prefix": sys.prefix,
        "packages": packages() if sys.version_info >= (3, 8) else {},
    }


def packages() -> Any:
    """Return the version of each distribution by its normalized name; of two, the one that is imported."""
    from importlib import metadata  # noqa: PLC0415 # older ones have none

    installed = {}  # type: dict[str, str]
    for one in metadata.distributions():
        name = one.metadata["Name"]
        # A folder that is half removed has no name.
        if name:
            installed.setdefault(re.sub("[-_.]+", "-", name).lower(), str(one.version))
    return installed


if __name__ == "__main__":
    print(json.dumps(found()))  # noqa: T201 # its output
