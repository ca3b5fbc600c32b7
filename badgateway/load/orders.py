"""Imports Locust, waits for orders, and is the Locust that they ask for.

It is started with `python -m badgateway.load.orders PIPE`. In the pipe comes a JSON object: `argv`, as of a command
`python -m badgateway.load.plain ARGUMENT...`, and `environment`, variables that are set beside those that are there.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import locust.main

# What a Locust file imports first; nothing of it happens before the file is loaded.
from badgateway.load import open_loop, session, wire

__all__ = ["locust", "open_loop", "session", "wire"]


def main() -> None:
    """Wait until somebody has written all of the orders, and carry them out."""
    orders = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.environ.update(orders["environment"])
    _python, _m, _module, *arguments = orders["argv"]
    # Not before: the recorder reads the environment when it is imported.
    plain: Any = import_module("badgateway.load.plain")
    plain.run_locust(arguments)


if __name__ == "__main__":
    main()
