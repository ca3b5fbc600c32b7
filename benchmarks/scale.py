"""The table of docs/from-one-machine-to-many.md: what a rate takes, by the slopes of results/benchmarks.json.

python -m benchmarks.scale      (writes it into the page)
"""

import json
import math
from typing import Any

from benchmarks import page
from benchmarks.page import RESULTS, ROOT

PAGE = ROOT / "docs" / "from-one-machine-to-many.md"
RATES = (100, 1_000, 10_000)
TRIAL_S = 13
"""Warm-up and window of a trial as they come."""
BUSY = 0.9
"""A generator that uses more of a core makes its trial INVALID."""
_HEAD = (
    "| requests/s | least CPU of the generators | processes, at least | rows of a trial | files kept | its ledger | "
    "memory of that |\n"
    "|--:|--:|--:|--:|--:|--:|--:|"
)


def made() -> str:
    """Return the table as it is to be."""
    found = {
        (row["work"], row["unit"]): row["ours"]["median"] for row in json.loads(RESULTS.read_text("utf-8"))["rows"]
    }
    return "\n".join((_HEAD, *(_line(rate, found) for rate in RATES)))


def kept() -> str:
    """Return the table as the page has it."""
    return page.kept(PAGE)


def _line(rate: int, found: dict[tuple[str, str], Any]) -> str:
    rows = rate * TRIAL_S
    million = rows / 1e6
    cores = rate * found["a request of the load generator, one process", "us of CPU"] / 1e6
    cells = (
        f"{rate:,}",
        f"{cores:.2g} cores",
        f"{max(1, math.ceil(cores / BUSY))}",
        f"{rows:,}",
        f"{million * found['files kept of a million requests', 'MB']:.2g} MB",
        f"{million * found['ledger of a trial of 1,000,000 requests', 's']:.2g} s",
        f"at most {found['ledger of a trial of 1,000,000 requests', 'MiB']:.0f} MiB",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    page.put(made(), PAGE)
