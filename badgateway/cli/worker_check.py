"""The command that proves which servers and drivers let requests wait side by side."""

from collections.abc import Sequence
from dataclasses import asdict
from json import dumps
from pathlib import Path

import click
from rich.console import Console

from badgateway.cli.alone import BESIDE, undisturbing
from badgateway.cli.display import PlainLines
from badgateway.cli.entry import cli
from badgateway.cli.planned import keep_apart, loaded_own
from badgateway.cli.site_file import EXPERIMENT
from badgateway.cli.terminal import echo
from badgateway.model.worker_checks import ConnectCost, WorkerCheck, WorkerCheckReport, WorkerVerdict
from badgateway.plan.experiment_file import project_root
from badgateway.study.local import LOCAL
from badgateway.study.worker_check import prove


@cli.command("worker-check")
@EXPERIMENT
@click.option("--json", "as_json", is_flag=True, help="Print the proofs as JSON instead of a table.")
@BESIDE
def worker_check(experiment: Path, *, as_json: bool, beside: bool) -> None:
    """Prove, for each server file and driver of an experiment, whether one worker's requests wait side by side.

    Each pair is deployed with one worker and gets 8 requests at once that take the database 200 ms each: about 200 ms
    in all is cooperative, about 1,600 ms is one by one. The cost of one database connect is measured too. It takes
    one to four seconds a pair and sends a handful of requests; docs/worker-checks.md tells how to read it.

    \b
    Example:
      badgateway worker-check experiments/concurrency.toml
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    checked = loaded_own(experiment)
    keep_apart([(experiment, checked)])
    with undisturbing(beside=beside):
        report = prove(checked, project_root(experiment), PlainLines(Console(stderr=True)), LOCAL)
    echo(dumps(asdict(report), indent=2) if as_json else render_table(report), newline=as_json)


PROOF_TITLES = ("server file", "driver", "requests", "one by one", "measured", "verdict")
COST_TITLES = ("connect", "median", "CPU", "")


def render_table(report: WorkerCheckReport) -> str:
    """Return two tables, the reasons of errors below the first; lines end without spaces."""
    proofs = [_proof_cells(proof) for proof in report.proofs]
    reasons = [
        f"{proof.server}, {proof.driver}: {_statuses(proof)}: {proof.reason}"
        for proof in report.proofs
        if proof.verdict is WorkerVerdict.ERRORS
    ]
    costs = [_cost_cells(cost) for cost in report.connect_costs]
    parts = (
        _table(PROOF_TITLES, proofs),
        reasons,
        _table(COST_TITLES, costs),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _proof_cells(proof: WorkerCheck) -> tuple[str, ...]:
    return (
        proof.server,
        proof.driver,
        f"{proof.requests} x {proof.wait_ms} ms",
        _ms(proof.serial_ms),
        _ms(proof.wall_ms),
        proof.verdict,
    )


def _cost_cells(cost: ConnectCost) -> tuple[str, ...]:
    return (cost.client, _ms(cost.median_ms, 1), _ms(cost.cpu_ms, 1), cost.problem)


def _statuses(proof: WorkerCheck) -> str:
    names = {0: "no answer"}
    return ", ".join(f"{count} x {names.get(status, status)}" for status, count in proof.statuses) or "no request sent"


def _ms(value: float | None, decimals: int = 0) -> str:
    return "not measured" if value is None else f"{value:.{decimals}f} ms"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    ruled = (titles, ["-" * width if title else "" for title, width in zip(titles, widths, strict=True)], *rows)
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in ruled]
