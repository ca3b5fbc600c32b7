"""Counts how often a gate is wrong and what it finds, in worlds of known truth, and prints results/reference/gates.md.

In the project's root: `python -m benchmarks.gates > results/reference/gates.md` (`--repeats 200` in seconds).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

# The simulated sites live with the tests that hold them to the same truth.
sys.path.insert(0, str(Path(__file__).parent.parent))

from badgateway.judge.proportion import proportion
from tests.simulation.gates import Site, false_alarms, power
from tests.simulation.promises import Promise
from tests.simulation.worlds import Failures

NOISES = (0.03, 0.08, 0.15, 0.21, 0.28)
"""Of the p95 from trial to trial: of results/reference/servers and servers-quick, from the quietest to the noisiest."""
TRIALS = (8, 10, 12, 20)
_BEFORE = Failures(share=0.0025, burst=5)
_HEAD = """# How often a gate is wrong, and what it finds

Each row is {number:,} simulated gates; `python -m benchmarks.gates` makes this page again. The noise is that of a
trial's p95, as the standard deviation of its logarithm; throughput has half of it. In the trials of
[servers](servers/report.md) and [servers-quick](servers-quick/report.md) it was 3 to 28 %. A pair is one trial of each
checkout. In brackets: the exact 95 % interval.

| what | trials | noise | in so many gates | |
| :-- | :-- | --: | --: | :-- |"""


def _row(what: str, trials: str, noise: float, found: Promise) -> str:
    exact = proportion(found.count, found.total)
    share = f"{exact.share:.1%} ({exact.low:.1%} to {exact.high:.1%})"
    return f"| {what} | {trials} | {noise:.0%} | {share} | {_held(found)} |"


def _held(found: Promise) -> str:
    if found.at_most is None and found.at_least is None:
        return ""
    asked = f"at least {found.at_least:.0%}" if found.at_most is None else f"at most {found.at_most:.0%}"
    kept = "as asked" if found.is_kept else "**not as asked**" if found.is_broken else "too few gates to say"
    return f"{asked}: {kept}"


def _rows(number: int) -> Iterator[str]:
    for noise in NOISES:
        site, failing = Site(noise=noise), Site(noise=noise, failures=_BEFORE)
        for trials in TRIALS:
            pairs = f"{trials} pairs"
            yield _row("false alarm", pairs, noise, false_alarms(site, number, trials=trials))
            found = power("", site, site.slower(0.2), number, trials=trials)
            yield _row("20 % less capacity found", pairs, noise, found)
        alarms = false_alarms(failing, number, trials=10)
        yield _row("false alarm, 0.25 % fail before and after, 5 at a time", "10 pairs", noise, alarms)
        for burst in (1, 10, 50):
            back = Site(noise=noise, failures=Failures(share=0.01, burst=burst))
            found = power("", site, back, number, trials=10)
            yield _row(f"1 % of 502s found, {burst} at a time", "10 pairs", noise, found)
        yield _row("false alarm", "10 against a file", noise, false_alarms(site, number, trials=10, is_paired=False))
        for share in (0.2, 0.4):
            found = power("", site, site.slower(share), number, trials=10, is_paired=False, at_least=None)
            yield _row(f"{share:.0%} less capacity found", "10 against a file", noise, found)


@click.command()
@click.option("--repeats", default=4000, show_default=True, help="Gates a row.")
def main(*, repeats: int) -> None:
    """Print the page."""
    click.echo(_HEAD.format(number=repeats))
    for row in _rows(repeats):
        click.echo(row)


if __name__ == "__main__":
    main()
