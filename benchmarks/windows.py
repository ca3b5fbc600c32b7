"""Measures on a run that was kept what shorter windows would have cost it in certainty.

    python benchmarks/windows.py results/servers/latest

Trials of one configuration at one load differ for two reasons: a window has only so many requests, and the machine has
good and bad minutes. A longer window helps against the first alone; against the second only more trials do. So each
trial's window is cut to its first half and its first quarter, and the scatter of the p95 between trials is compared.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import duckdb
import numpy as np

from badgateway.model.design import Purpose
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import TrialPhase
from badgateway.model.trial import TrialRecord, TrialStatus
from badgateway.store.run_folder import RunFolder
from badgateway.words import phrases

_SHARES = (1.0, 0.5, 0.25)
"""Of each window, from its start."""
_FEWEST_TRIALS = 5
_FEWEST_REQUESTS = 100
"""In the shortest cut: the p95 of fewer is mostly that of five requests."""
_FIRST = f"SELECT min(start_s) FROM read_parquet(?) WHERE phase = '{TrialPhase.WINDOW}'"  # noqa: S608 # the kit's own words
_P95 = f"""
SELECT quantile_cont(latency_ms, 0.95), count(*) FROM read_parquet(?)
WHERE phase = '{TrialPhase.WINDOW}' AND outcome = '{Outcome.OK}' AND start_s < ?
"""  # noqa: S608 # the kit's own words
Scatter = dict[tuple[str, str], list[Sequence[float]]]
"""Logarithms of the p95 by share of the window, of each trial; by configuration and load."""


def logs(run: RunFolder) -> Scatter:
    """Return the trials of the comparison that are no A/A control, as far as each cut has requests enough."""
    found: Scatter = defaultdict(list)
    for folder in run.trial_folders():
        record = run.record(folder)
        if record.trial.purpose is Purpose.COMPARE and record.status is TrialStatus.COMPLETED:
            cut = tuple(_cut(record, run.ledger(folder)))
            load = LoadLevel.of(record.trial.users, record.trial.rate_per_s)
            if len(cut) == len(_SHARES) and not record.trial.control:
                found[record.trial.configuration, phrases.load(load)].append(cut)
    return found


def _cut(record: TrialRecord, ledger: Path) -> Iterator[float]:
    # Where the first seconds of a window had not settled, they count as warm-up.
    start_s = duckdb.execute(_FIRST, [str(ledger)]).fetchone()
    if record.window is None or start_s is None or start_s[0] is None:
        return
    for share in _SHARES:
        until_s = start_s[0] + share * (record.window.end_s - start_s[0])
        row = duckdb.execute(_P95, [str(ledger), until_s]).fetchone()
        if row is not None and row[1] >= _FEWEST_REQUESTS:
            yield math.log(row[0])


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Print the standard deviation of log p95 between trials: of whole windows, their first halves and quarters."""
    ratios = []
    for (configuration, level), trials in logs(RunFolder.open(folder)).items():
        if len(trials) < _FEWEST_TRIALS:
            continue
        spreads = np.std(trials, axis=0, ddof=1)
        ratios.append(spreads / spreads[0])
        each = "".join(f"{spread:8.3f}" for spread in spreads)
        click.echo(f"{each}   {configuration}, {level}, {len(trials)} trials")
    if not ratios:
        raise click.ClickException(f"{folder}: no configuration has {_FEWEST_TRIALS} trials at one load")
    middle = "".join(f"{ratio:8.2f}" for ratio in np.median(ratios, axis=0))
    click.echo(f"{middle}   the middle one of their ratios to the whole window")


if __name__ == "__main__":
    main()
