"""Counts how often `emit --prove` is wrong and what it tells, and prints results/reference/proofs.md.

In the project's root: `python -m benchmarks.proofs > results/reference/proofs.md` (`--repeats 200` in seconds).
"""

import sys
from pathlib import Path

import click

# The simulated deployments live with the tests that hold them to the same truth.
sys.path.insert(0, str(Path(__file__).parent.parent))

from badgateway.judge.proportion import proportion
from tests.simulation.promises import Promise
from tests.simulation.proofs import Deployed, power, wrong
from tests.simulation.worlds import Failures

NOISES = (0.03, 0.08, 0.21)
TRIALS = (3, 6, 8)
OTHERS = {
    "20 % less capacity": Deployed(slower=0.2),
    "half the capacity": Deployed(slower=0.5),
    "1 % fail": Deployed(failures=Failures(share=0.01)),
    "5 % fail, 50 at a time": Deployed(failures=Failures(share=0.05, burst=50)),
}
_HEAD = """# What one trial of written files can tell

`emit --prove` holds one trial to the noise between those of a run. Each figure is the share of {number:,} simulated
proofs that say DIFFERENT, with its exact 95 % interval; `python -m benchmarks.proofs` makes this page again. The noise
is that of a trial's p95, as the standard deviation of its logarithm; throughput has half of it.

| the files | trials of the run | noise | DIFFERENT |
| :-- | --: | --: | --: |"""


def _row(what: str, trials: int, noise: float, found: Promise) -> str:
    exact = proportion(found.count, found.total)
    return f"| {what} | {trials} | {noise:.0%} | {exact.share:.1%} ({exact.low:.1%} to {exact.high:.1%}) |"


@click.command()
@click.option("--repeats", default=4000, show_default=True, help="Proofs a row.")
def main(*, repeats: int) -> None:
    """Print the page."""
    click.echo(_HEAD.format(number=repeats))
    for noise in NOISES:
        for trials in TRIALS:
            click.echo(_row("as measured", trials, noise, wrong(repeats, trials=trials, noise=noise)))
            for what, deployed in OTHERS.items():
                click.echo(_row(what, trials, noise, power(deployed, repeats, trials=trials, noise=noise)))


if __name__ == "__main__":
    main()
