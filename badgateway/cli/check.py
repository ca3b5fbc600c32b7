"""The command that proves an experiment in seconds: one trial of what runs today, with one user."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import click
from rich.console import Console

from badgateway.analysis.site_check import Fact, facts
from badgateway.cli.alone import alone_on_the_machine
from badgateway.cli.display import watch
from badgateway.cli.entry import cli
from badgateway.cli.planned import APART, Planned, keep_apart, loaded_own, require_installed, require_users
from badgateway.cli.raising import are_chosen, measure_levels
from badgateway.cli.site_file import EXPERIMENT
from badgateway.cli.terminal import echo
from badgateway.draft.locust_file import is_own, without_task
from badgateway.model.exit_code import ExitCode
from badgateway.model.masking import masked
from badgateway.model.printable import printable
from badgateway.plan.experiment_file import project_root
from badgateway.plan.overrides import for_check
from badgateway.process.interruption import Interruption
from badgateway.process.network import is_apart
from badgateway.store.run_folder import RunFolder
from badgateway.study.local import LOCAL
from badgateway.study.run_experiment import Finished, run_experiment

_BESIDE = "this check counts no speed, so it goes on; a trial that runs there meanwhile may be INVALID, and is repeated"


@cli.command()
@EXPERIMENT
@click.option("--configuration", metavar="NAME", help="Try this one.  [default: the baseline, which runs today]")
@click.option("--drop", is_flag=True, help="Turn tasks of init's into comments that the site fails, too.")
@click.option("--no-levels", is_flag=True, help="Leave load levels that init chose as they are; do not measure them.")
@click.pass_obj
def check(
    interruption: Interruption, *, experiment: Path, configuration: str | None, drop: bool, no_levels: bool
) -> None:
    """Prove in seconds that an experiment can be run: one trial, one user, each task of the users' once.

    The site runs as it does in a run, with a database of its own. A line for each fact: the books, what the server runs
    with, which database was used, and how each route is answered; what has to be mended is said with the fix. Nothing
    is kept. A task that init wrote becomes a comment with the reason where the site redirects or refuses it, and others
    are well. Where all is well and init could only choose the load levels, users are raised until the p95 doubles or a
    request fails, and half, one and two times as many are written into the file; of the rates of a log, so many as make
    them. Exit status: 0 when all is well, 4 when something is to be mended.

    \b
    Examples:
      badgateway check                                 in the folder of a site's badgateway.toml
      badgateway check --configuration uwsgi-threads
      badgateway check --drop                          take the tasks out at which the site fails, too
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    planned = _planned(experiment, configuration)
    # Where tasks are taken out, and what levels are written into.
    keep_apart([(planned.path, planned.experiment)], _users(planned), planned.path)
    require_installed(planned.path, planned.experiment)
    require_users(planned.path, planned.experiment)
    console = Console(stderr=True)
    with (
        alone_on_the_machine(console, wait_s=0, beside=True, warning=_BESIDE) as is_alone,
        tempfile.TemporaryDirectory(prefix="badgateway-check-") as results,
    ):
        found = (*_network(), *_found(planned, Path(results), interruption))
        for line in _lines(found):
            echo(line)
        wrong = _without_tasks(planned, found, _taken_out(planned, found, drop=drop))
        if is_alone and not (wrong or no_levels or configuration) and are_chosen(experiment):
            measure_levels(experiment, loaded_own(experiment))
    echo(f"{len(wrong)} to be mended" if wrong else "all is well: badgateway run measures it")
    sys.exit(ExitCode.FAILED if wrong else 0)


def _planned(path: Path, configuration: str | None) -> Planned:
    return Planned(path=path, experiment=for_check(loaded_own(path), configuration), worker_checks=None)


def _network() -> tuple[Fact, ...]:
    return (Fact(subject="network", found=APART),) if is_apart() else ()


def _found(planned: Planned, results: Path, interruption: Interruption) -> tuple[Fact, ...]:
    with watch(Console(stderr=True, quiet=True), planned, interruption) as listener:
        finished: Finished = run_experiment(
            planned.experiment,
            root=project_root(planned.path),
            results=results,
            command="badgateway check",
            listener=listener,
            effects=LOCAL,
            experiment_digest=sha256(planned.path.read_bytes()).hexdigest(),
        )
    if finished.stopped_by is not None:
        raise finished.stopped_by
    assert finished.run is not None
    return tuple(facts(RunFolder.newest(results, planned.experiment.name), finished.run))


def _users(planned: Planned) -> Path:
    return project_root(planned.path) / planned.experiment.load.locustfile


def _taken_out(planned: Planned, found: Sequence[Fact], *, drop: bool) -> Sequence[Fact]:
    """Return the routes that are to be no tasks any more: of init's own users, those that the site refuses them.

    Where it refuses them all, something else is wrong than the tasks.
    """
    if drop:
        return found
    routes = [one for one in found if one.answer]
    is_well = any(one.answer and one.answer.is_well for one in routes)
    if not is_well or not is_own(_users(planned).read_text(encoding="utf-8")):
        return ()
    return [one for one in routes if one.answer and one.answer.is_refused]


def _without_tasks(planned: Planned, found: Sequence[Fact], taken_out: Sequence[Fact]) -> list[Fact]:
    """Turn the tasks that are taken out into comments; return what is left to be mended."""
    file = _users(planned)
    before, left = file.read_text(encoding="utf-8"), []
    text = before
    for one in (one for one in found if one.fix):
        shorter = without_task(text, one.subject, one.found.partition("\n")[0]) if one in taken_out else text
        if shorter == text or "@task" not in shorter:
            left.append(one)
        else:
            text = shorter
            echo(f"took {one.subject} out of {printable(str(file))}")
    if text != before:
        file.write_text(text, encoding="utf-8")
    return left


def _lines(found: tuple[Fact, ...]) -> Iterator[str]:
    width = max(len(one.subject) for one in found)
    for one in found:
        first, *log = _told(one)
        yield f"{'mend' if one.fix else 'ok':<4} {one.subject:<{width}}  {printable(first)}"
        yield from (f"{'':<{width + 7}}{printable(masked(line))}" for line in log)


def _told(fact: Fact) -> list[str]:
    """Return what is said of it; where the last lines of a log are part of it, what to do comes after them."""
    lines = fact.found.strip().splitlines()
    if not fact.fix:
        return lines
    return [*lines, fact.fix] if lines[1:] else [f"{fact.found}: {fact.fix}"]
