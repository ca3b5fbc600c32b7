"""Measures what one database connect costs, as a program of its own: prints JSON, one line.

    python connect_cost.py MODULE NAME_ARGUMENT OPTIONS CONNECTS

NAME_ARGUMENT is what the driver's connect() calls the database's name, and OPTIONS is a JSON object for it.

It is run by path in a fresh process, with the application's DB_* variables, and imports nothing but the driver: what
another module has loaded already, such as ssl, would not be in the cost.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time


def measure(module: str, name_argument: str, options: dict[str, object], connects: int) -> dict[str, float]:
    """Connect and close so many times, after one time that loads what is loaded once; milliseconds."""
    driver = importlib.import_module(module)
    access = {
        "host": os.environ["DB_HOST"],
        "port": int(os.environ["DB_PORT"]),
        "user": os.environ["DB_USER"],
        "password": os.environ["DB_PASSWORD"],
        name_argument: os.environ["DB_NAME"],
    }
    driver.connect(**access, **options).close()
    durations_s = []
    cpu_start_s = time.process_time()
    for _ in range(connects):
        start_s = time.perf_counter()
        connection = driver.connect(**access, **options)
        durations_s.append(time.perf_counter() - start_s)
        connection.close()
    cpu_s = time.process_time() - cpu_start_s
    return {"median_ms": statistics.median(durations_s) * 1000, "cpu_ms": cpu_s / connects * 1000}


if __name__ == "__main__":
    _, module, name_argument, options, connects = sys.argv
    print(json.dumps(measure(module, name_argument, json.loads(options), int(connects))))  # noqa: T201 # its output
