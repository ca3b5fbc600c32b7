"""Every trial, in the order of running."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.axis import away
from badgateway.model.design import Purpose
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import SendingCheck, Trial
from badgateway.report import cells, grid, level_objects, rows
from badgateway.report.cells import TableCell
from badgateway.report.html import link_to_trial, render
from badgateway.report.rows import Numbers
from badgateway.report.section import Object, Section
from badgateway.words import phrases
from badgateway.words.verdict_reasons import said

_NO_SCHEDULE = cells.missing("not sent to a schedule, or not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One trial."""

    position: str
    link: str
    """Where its raw files are found from the page; empty where they do not lie beside it."""
    block: str
    configuration: str
    at: str
    """What lay on an axis; empty where nothing did."""
    remark: str
    """What makes it another trial than one of a block, or not the first of its kind; empty without."""
    users: str
    seed: str
    verdict: str
    reasons: tuple[str, ...]
    send_lag: TableCell
    """How late the load generator sent its requests, the p99."""
    missed: TableCell
    """Arrivals that were not sent."""
    overhead: str
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTable:
    """The whole section."""

    load_heading: str
    trials: tuple[TrialRow, ...]
    has_sending: bool
    """Whether some trial was sent to a schedule."""
    has_files: bool
    """Whether raw files lie beside the page."""


class TrialsSection(Section):
    """The table, and for programs the trials that belong to no level."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table."""
        return render("trials/trials.html.j2", view=build(run))

    def objects(self, run: RunSummary, /) -> Object:
        """Return the trials of controls and searches; the others stand with their configuration."""
        return {"other_trials": [level_objects.trial(trial) for trial in run.other_trials]}


def build(run: RunSummary) -> TrialTable:
    """Return the table of a run."""
    trials = grid.every_trial(run)
    return TrialTable(
        load_heading=grid.heading(run),
        trials=tuple(trial_row(trial, run.files) for trial in trials),
        has_files=bool(run.files),
        has_sending=any(trial.sending for trial in trials),
    )


def trial_row(summary: TrialSummary, files: frozenset[str] = frozenset()) -> TrialRow:
    """Return the row of a trial; an INVALID one has reasons instead of numbers."""
    trial = summary.trial
    return TrialRow(
        position=str(trial.position),
        link=link_to_trial(trial.id, files),
        block=str(trial.block),
        configuration=trial.configuration,
        at=", ".join(f"+ {axis.value.format(value)}" for axis, value in away(trial.at)),
        remark=_remark(trial),
        users=phrases.load_in_column(trial.load),
        seed=str(trial.seed),
        verdict=summary.verdict.value,
        reasons=said(summary.reasons),
        send_lag=_send_lag(summary.sending),
        missed=_missed(summary.sending),
        overhead=numbers.seconds(summary.overhead_s),
        numbers=rows.numbers_of(rows.measured(summary), "not measured: the trial is INVALID", ()),
    )


def _remark(trial: Trial) -> str:
    purposes = {Purpose.COMPARE: "", Purpose.SEARCH: "capacity search", Purpose.CONFIRM: "confirmation"}
    again = f"attempt {trial.attempt}" if trial.attempt > 1 else ""
    return ", ".join(part for part in ("A/A" if trial.control else "", purposes[trial.purpose], again) if part)


def _send_lag(found: SendingCheck | None) -> TableCell:
    return _NO_SCHEDULE if found is None else TableCell(text=numbers.milliseconds(found.send_lag_p99_ms))


def _missed(found: SendingCheck | None) -> TableCell:
    if found is None:
        return _NO_SCHEDULE
    if not found.missed_arrivals:
        return TableCell(text="0", quiet=True)
    return TableCell(text=f"{numbers.count(found.missed_arrivals)} of {numbers.count(found.arrivals)}")
