"""The commands about experiments and their options; the work is in the rooms below."""

import dataclasses
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.console import Console
from rich.text import Text

from badgateway.analysis.run import analyse, publish
from badgateway.cli.alone import RUN_BESIDE, alone_on_the_machine, as_patience_s, patience_s
from badgateway.cli.entry import FOLDER, PATH, cli
from badgateway.cli.joining import demand_places, joined, meeting_of, with_workers
from badgateway.cli.outcome import print_document, print_outcome, print_uncounted
from badgateway.cli.planned import APART, Planned, keep_apart, loaded, plan_lines, require_installed, require_users
from badgateway.cli.running import Speech, go_on, run_one, shown_to_browsers
from badgateway.cli.site_file import EXPERIMENT, of_this_folder
from badgateway.cli.terminal import echo, say
from badgateway.errors import ConfigurationError
from badgateway.model.exit_code import of_run
from badgateway.model.experiment import Experiment
from badgateway.model.run_summary import RunSummary
from badgateway.plan.experiment_file import project_root
from badgateway.plan.overrides import seconds, with_options
from badgateway.plan.running_site import labelled
from badgateway.plan.worker_checks import plan_worker_checks
from badgateway.process.interruption import Interruption
from badgateway.process.network import is_apart
from badgateway.search.next_trials import fitted_design
from badgateway.store.run_folder import RunFolder
from badgateway.store.run_lock import locked
from badgateway.study.resume import LATEST, find_run, require_same


def _sized(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose a variant of an experiment; of several, the last one counts."""
    quick = "The variant quick that the file declares: minutes, with results of its own."
    full = "The variant full-scale that the file declares: the story's own time limits."
    command = click.option("--full-scale", "variant", flag_value="full-scale", help=full)(command)
    return click.option("--quick", "variant", flag_value="quick", help=quick)(command)


def _seconds(_context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else seconds(text, option.opts[0])


_BUDGET = click.option(
    "--budget",
    "budget_s",
    metavar="TIME",
    callback=_seconds,
    help="Time for the trials of a study, such as 30m: it is cut to that, and ends in it.",
)


_JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one line of JSON instead: exit_status, report, and as result all of report.json.",
)


class _Asked(TypedDict):
    """What the options of `run` change of an experiment, as `with_options` has it."""

    variant: str | None
    only: tuple[str, ...]
    users: tuple[int, ...]
    rates_per_s: tuple[float, ...]
    window_s: float | None
    blocks: int | None
    seed: int | None
    budget_s: float | None


@cli.command()
@click.argument("experiments", nargs=-1, type=PATH)
@_sized
@click.option("--only", multiple=True, metavar="NAME", help="Only this configuration; may be given several times.")
@click.option("--label", metavar="NAME", help="What is switched on now, on a site that already runs ([target]).")
@click.option("--users", multiple=True, type=int, metavar="N", help="Load level instead of the file's; repeatable.")
@click.option(
    "--rate",
    "rates_per_s",
    multiple=True,
    type=float,
    metavar="R",
    help="Open loop: start R tasks a second however long they take. Studies only; repeatable.",
)
@click.option("--window", "window_s", type=float, metavar="SECONDS", help="Counted time of each trial.")
@click.option("--blocks", type=int, metavar="N", help="How often each configuration is tried at each level.")
@click.option(
    "--seed", type=int, metavar="N", help="Seed of the order of trials and of the users' choices.  [default: drawn]"
)
@_BUDGET
@click.option(
    "--resume",
    is_flag=False,
    flag_value=LATEST,
    metavar="[RUN]",
    help="Go on with a run that was ended: the experiment's newest one, or the one in this folder.",
)
@click.option("--no-worker-checks", is_flag=True, help="Skip the worker checks after the trials (about a minute).")
@click.option("--no-diagnosis", is_flag=True, hidden=True, help="Its name before.")
@click.option(
    "--wait",
    "wait_s",
    metavar="TIME",
    callback=as_patience_s,
    help="How long to wait for another experiment on this machine.  [default: 10m; 0 without a terminal]",
)
@RUN_BESIDE
@with_workers
@click.option("--results", type=FOLDER, default=Path("results"), show_default=True, help="Where runs are kept.")
@click.option("--ui", "in_browser", is_flag=True, help="Show the run in Locust's web UI, on 127.0.0.1, as it goes on.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on the way, only the answer.")
@_JSON
@click.pass_obj
def run(  # noqa: PLR0913 # one parameter per option
    interruption: Interruption,
    *,
    experiments: tuple[Path, ...],
    label: str | None,
    resume: str | None,
    no_worker_checks: bool,
    no_diagnosis: bool,
    wait_s: float | None,
    beside: bool,
    workers_expected: int | None,
    bind: str | None,
    results: Path,
    in_browser: bool,
    quiet: bool,
    as_json: bool,
    **asked: Unpack[_Asked],
) -> None:
    """Run experiments: deploy every configuration, load it, and report which one qualifies.

    Without a file it is the badgateway.toml of this folder, the one of a site of your own.

    An experiment with [study] decides on each trial by those before it, and ends when there is an answer; any other
    runs its whole schedule. All files are checked before anything is started. Ctrl-C stops the servers, keeps every
    trial that had ended and reports on those; experiments that were still to come are not started. --resume goes on
    with a run that was ended, however it was, with the trial that comes next.

    Two experiments at once on one machine spoil each other's figures. The second one says who is running and waits.

    With [target] it loads a site that already runs, and starts nothing. What you switch on it between two runs is a
    configuration: --label names it, and each run with the same file is one more block of the same comparison.

    --ui prints the address of Locust's web UI, where the run can be watched: the ranking so far, why requests fail, the
    server's queue and workers. It only looks, from a process of its own, and starts or stops nothing.

    --workers-expected has workers of this machine or of others send the load: see badgateway worker --help.

    After the trials come worker checks of about a minute, whose numbers are in no verdict: can a worker serve
    others while a request waits, with each server file and driver, and what blocks the event loop where there is one.

    \b
    Examples:
      badgateway run experiments/concurrency.toml
      badgateway run --quick experiments/concurrency.toml experiments/export.toml
      badgateway run experiments/concurrency.toml --only uwsgi-2 --only uwsgi-gevent --users 300
      badgateway run experiments/servers.toml --budget 30m
      badgateway run experiments/servers.toml --budget 30m --resume
      badgateway run experiments/servers.toml --budget 30m --ui
      badgateway run staging.toml --label four-workers
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    files, which = _files(experiments, resume)
    meeting = meeting_of(workers_expected, bind)
    speech = Speech(is_quiet=quiet, as_json=as_json)

    def checked(path: Path, drawn_seed: int) -> Planned:
        experiment = with_options(loaded(path, drawn_seed=drawn_seed), workers=workers_expected, **asked)
        if label is not None:
            experiment = labelled(experiment, label)
        return _planned(path, experiment, with_worker_checks=not (no_worker_checks or no_diagnosis))

    drawn_seed = secrets.randbelow(1_000_000)
    planned = [checked(path, drawn_seed) for path in files]
    demand_places(meeting, planned)
    _require_runnable(planned, results)
    console = Console(stderr=True)
    if is_apart() and not quiet:
        say(console, Text(f"network: {APART}"))
    alone = alone_on_the_machine(console, wait_s=patience_s(wait_s, console), beside=beside)
    shown = shown_to_browsers(speech, [one.experiment.name for one in planned]) if in_browser else nullcontext(speech)
    if which is None:
        with alone, shown as speech, joined(meeting) as effects:
            sys.exit(max(run_one(one, results, interruption, speech, effects) for one in planned))
    folder = find_run(which, results, planned[0].experiment.name)
    begun = checked(files[0], folder.manifest().experiment.seed)
    require_same(folder, begun.experiment, project_root(files[0]))
    # In this order: who goes on with a run that is still going is told that, and does not wait for it.
    with locked(folder.path), alone, shown as speech, joined(meeting) as effects:
        sys.exit(go_on(begun, folder, interruption, speech, effects))


def _require_runnable(planned: Sequence[Planned], results: Path) -> None:
    """Return when nothing of this machine is in the way of any of the experiments."""
    keep_apart(((one.path, one.experiment) for one in planned), results)
    for one in planned:
        require_installed(one.path, one.experiment)
        require_users(one.path, one.experiment)


def _files(experiments: tuple[Path, ...], resume: str | None) -> tuple[tuple[Path, ...], str | None]:
    """Return the experiments, and which run to go on with, if one."""
    if resume is not None and resume.endswith(".toml"):
        # `--resume experiments/x.toml`: click takes the next word for the option's.
        experiments, resume = (Path(resume), *experiments), LATEST
    if not experiments:
        experiments = (of_this_folder("EXPERIMENTS..."),)
    if resume is not None and len(experiments) > 1:
        raise click.UsageError("--resume goes on with one run: name one experiment.")
    return experiments, resume


def _planned(path: Path, experiment: Experiment, *, with_worker_checks: bool) -> Planned:
    if experiment.study is None and experiment.load.rates_per_s:
        raise ConfigurationError(
            f"{path}: load.rates_per_s: without [study], configurations are compared at numbers of users; give those "
            "in load.users, and a rate to [confirmation]"
        )
    if experiment.study is not None:
        # What does not fit into its budget is refused before anything is started.
        fitted_design(experiment)
    # They ask a page that only a site made for them has.
    has_page = experiment.application.wait_path is not None
    worker_checks = plan_worker_checks(experiment) if with_worker_checks and has_page else None
    return Planned(path=path, experiment=experiment, worker_checks=worker_checks)


@cli.command(name="report")
@click.argument("directory", type=PATH)
@click.option("--out", type=FOLDER, metavar="DIR", help="Write reports and ledgers there, and nothing into DIRECTORY.")
@_JSON
def rebuild(directory: Path, out: Path | None, *, as_json: bool) -> None:
    """Rebuild the reports of a run from its raw files alone, to the same bytes.

    DIRECTORY is one run, such as results/concurrency/2026-11-21T20-00-00Z, or results/concurrency/latest. Where it
    cannot be written, the answer is printed nevertheless; --out says where the reports are to be kept.
    """
    folder = RunFolder.open(directory)
    if out is not None or folder.is_writable():
        summary = _rebuilt(dataclasses.replace(folder, derived=out), as_json=as_json)
    else:
        with folder.aside() as apart:
            summary = _rebuilt(apart, as_json=as_json, keep=False)
        echo(f"badgateway: {folder.path} cannot be written, so no report was kept; give a folder: --out DIR", err=True)
    sys.exit(of_run(summary))


def _rebuilt(folder: RunFolder, *, as_json: bool, keep: bool = True) -> RunSummary:
    summary = analyse(folder)
    print_uncounted(folder)
    (print_document if as_json else print_outcome)(summary, publish(folder, summary) if keep else None)
    return summary


@cli.command()
@EXPERIMENT
@_sized
@_BUDGET
def plan(experiment: Path, variant: str | None, budget_s: float | None) -> None:
    """Check an experiment file and print what it would run, in its order, and how long that takes; start no server.

    The files that it names are checked too, and its Locust file is loaded in a process of its own: a run finds nothing
    wrong with them that this does not. Of a study, which decides on its trials as it goes, it prints the stages.
    Without a file it is the badgateway.toml of this folder.

    \b
    Examples:
      badgateway plan experiments/concurrency.toml
      badgateway plan experiments/servers.toml --budget 30m
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    planned = checked_plan(experiment, variant=variant, budget_s=budget_s)
    require_users(planned.path, planned.experiment)
    for line in plan_lines(planned):
        echo(line)
    # The plan is of use on a machine that is not to run it, too.
    require_installed(planned.path, planned.experiment)


def checked_plan(path: Path, *, variant: str | None, budget_s: float | None) -> Planned:
    """Return what an experiment file would run; its Locust file is not loaded.

    Raises:
        ConfigurationError: It could not be run.
    """
    checked = with_options(loaded(path), variant=variant, budget_s=budget_s)
    return _planned(path, checked, with_worker_checks=True)
