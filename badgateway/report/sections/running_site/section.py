"""How far the logs of a site that already runs tell of the load, and by how much its clock is ahead."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.run_summary import RunSummary
from badgateway.model.running_site import RunningSite
from badgateway.model.site_log import SiteAccount
from badgateway.model.summary import TrialSummary
from badgateway.report import cells, grid, markdown
from badgateway.report.cells import TableCell
from badgateway.report.html import render
from badgateway.report.section import Section
from badgateway.words import phrases

_HEAD = ("trial", "configuration", "answered", "in the logs", "of others", "its clock")
_NO_LOG = "nothing of it is in a log"
_NO_CLOCK = "no one shift fits all of its requests: a clock was set, or none was found"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One trial."""

    position: str
    configuration: str
    answered: str
    known: TableCell
    others: TableCell
    clock: TableCell


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLogsView:
    """The whole section."""

    about: str
    remarks: tuple[str, ...]
    """What was not as it should be, a sentence each."""
    rows: tuple[SiteRow, ...]


class RunningSiteSection(Section):
    """The account; programs find it with the trials."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table."""
        view = build(run)
        return render("running_site/running_site.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return the table, and what it means."""
        view = build(run)
        if view is None:
            return ""
        table = markdown.table(_HEAD, ("--:", ":--", "--:", "--:", "--:", "--:"), map(_texts, view.rows))
        return markdown.blocks(view.about, table, markdown.bullets(view.remarks))


def _texts(row: SiteRow) -> tuple[str, ...]:
    return row.position, row.configuration, row.answered, row.known.text, row.others.text, row.clock.text


def build(run: RunSummary) -> SiteLogsView | None:
    """Return the section of a run; None where the servers were its own."""
    target = run.experiment.target
    if target is None:
        return None
    found = [(trial, trial.site) for trial in _trials(run) if trial.site is not None]
    return SiteLogsView(
        about=_about(target),
        remarks=tuple(dict.fromkeys(remark for trial, site in found for remark in _remarks(trial, site))),
        rows=tuple(_row(trial, site) for trial, site in found),
    )


def _trials(run: RunSummary) -> list[TrialSummary]:
    levels = (level for summary in grid.ranked(run) for level in summary.levels)
    return sorted((trial for level in levels for trial in level.trials), key=lambda one: one.trial.position)


def _about(target: RunningSite) -> str:
    return (
        f"The servers at {target.url} are not the run's own: nobody looked into their queues, workers, CPU or "
        "database, and what is said of them comes from the site's logs. Requests are matched with their lines by id; a "
        "request without a line counts as its client saw it. Its clock: by how much it is ahead of the load "
        "generator's, which is taken into account."
    )


def _row(trial: TrialSummary, site: SiteAccount) -> SiteRow:
    return SiteRow(
        position=str(trial.trial.position),
        configuration=trial.trial.configuration,
        answered=numbers.count(site.answered),
        known=_known(site),
        others=TableCell(text=numbers.count(site.others), quiet=True) if site.known else cells.missing(_NO_LOG),
        clock=TableCell(text=numbers.clock_shift(*site.clock_ahead_s))
        if site.clock_ahead_s
        else cells.missing(_NO_CLOCK),
    )


def _known(site: SiteAccount) -> TableCell:
    if not site.known:
        return cells.missing(_NO_LOG)
    return TableCell(text=numbers.percent(site.known / site.answered), quiet=site.known == site.answered)


def _remarks(trial: TrialSummary, site: SiteAccount) -> Iterator[str]:
    where = f"Trial {trial.trial.position}"
    if site.cut_short:
        yield f"{where} was ended before its time, to spare the site: {site.cut_short}."
    lost = site.answered - site.known
    if lost:
        share = phrases.percent(lost / site.answered)
        yield (
            f"{where}: {numbers.plural(lost, 'answered request')} ({share}) not in the logs; if one failed, its status "
            "is all that is known of it."
        )
    if site.by_likeness:
        yield (
            f"{where}: {numbers.plural(site.by_likeness, 'request')} had no id in the logs and were matched because no "
            "other request of those seconds had their method, status and size; requests that look alike were not."
        )
    yield from (f"{problem}." for problem in site.problems)
