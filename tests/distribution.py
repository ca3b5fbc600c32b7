"""Which tests xdist keeps in one process: those of a file that start something once for all of them."""

import re
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LIVE = "tests/live/"
WHOLE_RUNS = (
    "tests/live/test_study.py",
    "tests/live/test_run.py",
    "tests/live/test_links.py",
    "tests/live/test_report_in_browser.py",
    "tests/live/test_app.py",
    "tests/live/test_worker_checks.py",
    "tests/live/faults/test_kills.py",
    "tests/live/test_other_work.py",
    "tests/live/test_planted.py",
    "tests/live/test_odd_requests.py",
)
"""Files of tests that keep a core busy for long, the longest first; all other live tests mostly wait."""
LONGEST_FIRST = (
    "tests/study/test_study.py",
    "tests/cli/test_commands.py",
    "tests/simulation/test_racing.py",
)
"""Files of tests that would keep one process busy when the others have ended, were they begun last."""
EXPLAINING = (
    *(f"tests/logs/test_{name}.py" for name in ("cases", "golden", "learnt_format", "reader", "reading", "streaming")),
    *(f"tests/causes/test_{name}.py" for name in ("answer", "books", "decoys", "events", "joining", "large_tables")),
    *(f"tests/causes/test_{name}.py" for name in ("other_proxies", "remarks", "silences", "unclaimed")),
    *(f"tests/analysis/test_explanation{name}.py" for name in ("", "_bystanders", "_decoys")),
    *(f"tests/analysis/test_{name}.py" for name in ("diagnosis", "site_evidence")),
    "tests/docs/test_explain_page.py",
)
"""Files of tests that explain logs, each in a fifth of a second: together half of what the pure rooms' tests take."""
IN_BROWSER = "_in_browser.py"
"""Every process with such a test starts a Chromium of its own, and renders the same pages."""
_SHARED = re.compile(r'@pytest\.fixture\([^)]*scope="module"')


@cache
def shares_a_start(file: str) -> bool:
    """Tell whether a file has a fixture that is set up once for several of its tests."""
    return _SHARED.search((ROOT / file).read_text("utf-8")) is not None


def together(nodeid: str) -> str:
    """Return what a test is run together with: all of its file, or nothing else.

    xdist's own groups are not used: since pytest 9.2 its marks are silently without effect.
    """
    file = _file(nodeid)
    if file.endswith(IN_BROWSER):
        return IN_BROWSER
    takes_long = file.startswith(LIVE) or file in LONGEST_FIRST
    return nodeid if takes_long and not shares_a_start(file) else file


def put_longest_first(items: list[Any]) -> None:
    """Order tests so that what takes minutes is begun at once; all others stay in their order.

    Whole runs are begun one after the other, the longest at once: several of them would wait for the processor, and the
    processor later for the tests that only wait.
    """
    rank = {file: place for place, file in enumerate((*LONGEST_FIRST, *WHOLE_RUNS))}
    items.sort(key=lambda item: rank.get(_file(item.nodeid), len(rank)))
    busy = [item for item in items if _file(item.nodeid) in WHOLE_RUNS]
    waiting = [item for item in items if _file(item.nodeid) not in WHOLE_RUNS]
    runs = [list(run) for _, run in groupby(busy, key=lambda item: _file(item.nodeid))]
    for number, run in reversed(list(enumerate(runs))):
        place = number * len(waiting) // len(runs)
        waiting[place:place] = run
    items[:] = waiting


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def scheduler(config: Any, log: Any) -> Any:
    """Return what hands tests out to xdist's processes."""
    # Only here: the tests run without xdist too.
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # noqa: PLC0415

    class Together(LoadScopeScheduling):  # type: ignore[misc] # it has no types
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Together(config, log)
