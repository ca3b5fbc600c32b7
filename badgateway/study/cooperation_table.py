"""A cooperation report as plain text, for a terminal or a file."""

from collections.abc import Sequence

from badgateway.model.cooperation import ConnectCost, Cooperation, CooperationProof, CooperationReport

PROOF_TITLES = ("server file", "driver", "requests", "one by one", "measured", "verdict")
COST_TITLES = ("connect", "median", "CPU", "")


def render_table(report: CooperationReport) -> str:
    """Return two tables, the reasons of errors below the first; lines end without spaces."""
    proofs = [_proof_cells(proof) for proof in report.proofs]
    reasons = [
        f"{proof.server}, {proof.driver}: {_statuses(proof)}: {proof.reason}"
        for proof in report.proofs
        if proof.verdict is Cooperation.ERRORS
    ]
    costs = [_cost_cells(cost) for cost in report.connect_costs]
    parts = (
        _table(PROOF_TITLES, proofs),
        reasons,
        _table(COST_TITLES, costs),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _proof_cells(proof: CooperationProof) -> tuple[str, ...]:
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


def _statuses(proof: CooperationProof) -> str:
    names = {0: "no answer"}
    return ", ".join(f"{count} x {names.get(status, status)}" for status, count in proof.statuses) or "no request sent"


def _ms(value: float | None, decimals: int = 0) -> str:
    return "not measured" if value is None else f"{value:.{decimals}f} ms"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    ruled = (titles, ["-" * width if title else "" for title, width in zip(titles, widths, strict=True)], *rows)
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in ruled]
