"""What holds for all tests: those that take minutes run only where they are asked for; planted faults are counted."""

import gc
import json
import math
import random
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests import distribution
from tests.amounts import load_profiles

load_profiles()
LONG = ("proof", "fault")
"""Markers of tests that run only when the expression of -m names them; see the nox sessions proofs and faults.

With always=True a planted fault runs with the other tests too, because it is quick.
"""
MOST_SEEDS = 10_000
_COMMANDS = {"cli"}
_ROOM = re.compile(r"tests/(?:test_)?(\w+)")
_GARBAGE_AFTER = 50_000
"""Objects; by itself Python looks after 700, and now and then through all that thousands of tests hold."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the session faults say how much it plants, and the session tests ask how long each test took."""
    parser.addoption("--times", type=Path, metavar="FILE", help="Add the time that each test took to this file.")
    group = parser.getgroup("planted faults")
    group.addoption("--kills", type=int, default=20, metavar="N", help="Moments at which the kit is killed.")
    group.addoption("--sample", type=int, metavar="N", help="Of each other kind of fault, only so many, drawn.")
    group.addoption(
        "--corpus", type=float, metavar="SHARE", help="Of the many tests that are alike, only that share, drawn."
    )
    group.addoption(
        "--explaining", type=float, metavar="SHARE", help="Of the tests that explain logs, only that share, drawn."
    )
    group.addoption(
        "--fault-seed",
        type=int,
        default=random.randrange(MOST_SEEDS),
        metavar="SEED",
        help="Draws the moments and the sample; printed at the end, to plant the same again.",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give xdist's processes the seed that was drawn: they must all have the same tests."""
    node.workerinput["fault_seed"] = node.config.option.fault_seed


def pytest_configure(config: pytest.Config) -> None:
    """Take the seed, in one of xdist's processes."""
    config.option.fault_seed = getattr(config, "workerinput", {}).get("fault_seed", config.option.fault_seed)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Start once for all of a file's tests what they share, wherever several processes run them."""
    return distribution.scheduler(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody asked for, whatever else was asked for, and what is not in the sample."""
    asked = str(config.option.markexpr)
    # A set, for there are thousands.
    left_out = {item for item in items if any(_is_long(item, one) for one in LONG if one not in asked)}
    left_out.update(_not_drawn_today(config, [item for item in items if item not in left_out]))
    left_out.update(_not_in_the_sample(config, [item for item in items if item not in left_out]))
    if left_out:
        config.hook.pytest_deselected(items=[*left_out])
        items[:] = [item for item in items if item not in left_out]
    _cover_rooms_by_their_own_tests(config, items)
    distribution.put_longest_first(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave out of every search for garbage what stays to the end: the tests, and all that they import."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)


def _cover_rooms_by_their_own_tests(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Follow none of the other tests, save those of the commands: it takes them long, and covers little more."""
    asked = [str(source) for source in getattr(config.option, "cov_source", None) or ()]
    rooms = {source.replace(".", "/").removeprefix("badgateway/") for source in asked}
    rooms |= _COMMANDS if rooms else set()
    for item in items:
        found = _ROOM.match(item.nodeid)
        # What is drawn is another part each time, and nothing may depend on it.
        if rooms and (found is None or found[1] not in rooms or item.get_closest_marker("corpus")):
            item.add_marker("no_cover")


def _is_long(item: pytest.Item, marker: str) -> bool:
    found = item.get_closest_marker(marker)
    return found is not None and not found.kwargs.get("always", False)


def _not_drawn_today(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    corpus = [item for item in items if item.get_closest_marker("corpus")]
    others = (item for item in items if not item.get_closest_marker("corpus"))
    explaining = [item for item in others if item.nodeid.startswith(distribution.EXPLAINING)]
    draw = random.Random(config.option.fault_seed)
    return [
        item
        for alike, share in ((corpus, config.option.corpus), (explaining, config.option.explaining))
        if share is not None
        for item in draw.sample(alike, math.floor((1 - share) * len(alike)))
    ]


def _not_in_the_sample(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    kinds = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        marker = item.get_closest_marker("fault")
        if marker is not None:
            kind = str(marker.args[0])
            # It travels with the report, from xdist's processes too.
            item.user_properties.append(("fault", kind))
            kinds[kind].append(item)
            if _is_long(item, "fault"):
                # What the kit does not hold against once is a fault of the kit's, and no chance.
                item.add_marker(pytest.mark.flaky(reruns=0))
    if config.option.sample is None:
        return []
    # Of the kills, --kills says how many.
    kinds.pop("kill", None)
    draw = random.Random(config.option.fault_seed)
    most = config.option.sample
    # What is always planted is one of the tests.
    drawn = {
        kind: draw.sample(found, min(most, len(found))) if _is_long(found[0], "fault") else found
        for kind, found in sorted(kinds.items())
    }
    return [item for kind, found in kinds.items() for item in found if item not in drawn[kind]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Keep the tests' times; print how many faults of each kind were planted, and how many the kit held against."""
    # xdist's processes would each add a part of what the one that started them adds.
    if config.option.times and not hasattr(config, "workerinput"):
        _add_times(terminalreporter, config.option.times)
    shares = {"are alike": config.option.corpus, "explain logs": config.option.explaining}
    for which, share in shares.items():
        if share is not None:
            seed = config.option.fault_seed
            terminalreporter.write_line(f"of the tests that {which} {share:.0%} were run, drawn by --fault-seed {seed}")
    counts = defaultdict[str, Counter[str]](Counter)
    for became in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(became, ()):
            for name, kind in getattr(report, "user_properties", ()):
                if name == "fault":
                    counts[kind][became] += 1
    if not counts:
        return
    terminalreporter.section(f"planted faults, --fault-seed {config.option.fault_seed}")
    for kind, count in sorted(counts.items()):
        held, skipped = count["passed"], count["skipped"]
        rest = f", {skipped} could not be planted here" if skipped else ""
        terminalreporter.write_line(f"{kind:<12} {count.total() - skipped:>4} planted, {held:>4} held{rest}")


def _add_times(reporter: pytest.TerminalReporter, file: Path) -> None:
    took_s, again = Counter[str](), set[str]()
    for became, reports in reporter.stats.items():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                took_s[report.nodeid] += report.duration  # type: ignore[assignment] # a sum of seconds
                again |= {report.nodeid} if became == "rerun" else set()
    with file.open("a", encoding="utf-8") as lines:
        for test, seconds in took_s.items():
            lines.write(json.dumps({"test": test, "took_s": round(seconds, 2), "again": test in again}) + "\n")
