"""What an experiment will run and how long that takes, said before it runs."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from badgateway.cli.group import StartApart
from badgateway.cli.wording import trial_name, worker_check_lines
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.load import locust_file
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.outlook import Forecast
from badgateway.model.printable import printable
from badgateway.model.worker_checks import WorkerCheckPlan
from badgateway.numbers import duration, memory, plural
from badgateway.plan.expected_time import expected_s, most_s
from badgateway.plan.experiment_file import load_experiment, project_root
from badgateway.plan.programs import not_installed
from badgateway.plan.queues import queue_faults
from badgateway.plan.schedule import schedule
from badgateway.plan.shown_settings import needs_network_of_its_own
from badgateway.plan.worker_checks import worker_checks_s
from badgateway.probe.environment import somaxconn
from badgateway.process import cores
from badgateway.process.elsewhere import place_faults, somaxconn_of_new_network
from badgateway.process.interpreter import kits_own
from badgateway.process.network import can_start_apart
from badgateway.search import forecast
from badgateway.search.next_trials import fitted_design
from badgateway.stack.containers import places_of_sizes, size_faults_here
from badgateway.stack.own_command import as_it_runs
from badgateway.stack.own_python import interpreter_of
from badgateway.store.leftovers import size_bytes
from badgateway.store.run_folder import runs_in
from badgateway.store.temporary_folder import temporary_folder
from badgateway.words.phrases import load
from badgateway.words.progress import forecast_lines

APART = "of its own, with nothing but what the run starts: the site does not show what it would connect to"
"""Said of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An experiment that was checked."""

    path: Path
    experiment: Experiment
    worker_checks: WorkerCheckPlan | None

    @property
    def forecast(self) -> Forecast | None:
        """Of a study; None for a fixed schedule."""
        return forecast(fitted_design(self.experiment)) if self.experiment.study else None

    @property
    def trials(self) -> int:
        """How many there will be; of a study, likely."""
        found = self.forecast
        return len(schedule(self.experiment)) + bool(self.experiment.confirmation) if found is None else found.trials

    @property
    def trials_s(self) -> float:
        """How long they take; of a study, likely."""
        found = self.forecast
        return expected_s(self.experiment) if found is None else found.likely_s

    @property
    def most_s(self) -> float:
        """How long they take at most, without repeats of INVALID ones."""
        found = self.forecast
        return most_s(self.experiment) if found is None else found.most_s

    @property
    def worker_checks_s(self) -> float:
        """How long the worker checks take after them."""
        return worker_checks_s(self.worker_checks, self.experiment) if self.worker_checks else 0.0


def loaded(path: Path, *, drawn_seed: int | None = None) -> Experiment:
    """Return an experiment file's experiment, with what the user's own commands say of their servers.

    Raises:
        ConfigurationError: It could not be run.
        DeploymentError: A server could not be asked about its command.
    """
    experiment = load_experiment(path, drawn_seed=drawn_seed)
    try:
        return as_it_runs(experiment, project_root(path))
    except (ConfigurationError, DeploymentError) as error:
        raise type(error)(f"{printable(str(path))}: {error}") from error


def loaded_own(path: Path) -> Experiment:
    """Return the experiment of a file, for a command that starts the servers of one.

    Raises:
        ConfigurationError: It could not be run, or is of a site that already runs.
        DeploymentError: As from `loaded`.
    """
    experiment = loaded(path)
    if experiment.target is not None:
        raise ConfigurationError(
            f"{printable(str(path))}: target: this command starts servers, and this site already runs; badgateway plan "
            "checks the file, and badgateway run measures the site"
        )
    return experiment


def require_installed(path: Path, experiment: Experiment) -> None:
    """Look for the programs and packages that an experiment needs.

    Raises:
        DeploymentError: Some are not there; a line each, with what installs it.
    """
    there = interpreter_of(experiment, project_root(path))
    bound = {f"configurations[{one.name}].cores": one.cores for one in experiment.configurations if one.cores}
    faults = (
        *not_installed(experiment, there, kits_own()),
        *cores.faults(bound),
        *size_faults_here(experiment),
        *place_faults(experiment.places),
        *queue_faults(experiment, somaxconn, somaxconn_of_new_network),
    )
    if faults:
        raise DeploymentError("\n".join(f"{printable(str(path))}: {fault}" for fault in faults))


def keep_apart(experiments: Iterable[tuple[Path, Experiment]], *written: Path) -> None:
    """Return when the experiments, each with its file, may be run in the network that the kit is in.

    Where one needs a network of its own and none can be made, it returns too: what the site would use is asked later.
    `written` are the files, and the folders, that the command itself writes to; what is not there becomes a folder.

    Raises:
        StartApart: They may not, and there can be another one.
    """
    program: tuple[str, ...] = getattr(click.get_current_context().find_root().command, "program", ())
    every = tuple(experiments)
    needs_one = any(needs_network_of_its_own(one, project_root(path)) for path, one in every)
    if program and needs_one and can_start_apart():
        for place in written:
            if not place.exists():
                place.mkdir(parents=True)
        ports = sorted({port for _, one in every for port in one.application.allowed_ports})
        groups = {place for _, one in every for place in places_of_sizes(one)}
        raise StartApart(ports, tuple(place.absolute() for place in (*written, *sorted(groups))))


def require_users(path: Path, experiment: Experiment) -> None:
    """Let a child process load the Locust file of an experiment, which takes about a second.

    Raises:
        ConfigurationError: It cannot be loaded, or has no users; in one line, with the experiment's file and the key.
    """
    with temporary_folder() as folder:
        try:
            locust_file.require_users(experiment, root=project_root(path), folder=folder)
        except ConfigurationError as error:
            raise ConfigurationError(f"{printable(str(path))}: {error}") from None


def outlook_line(planned: Planned) -> str:
    """Return how many trials and how long, in one line."""
    likely = "" if planned.forecast is None else "likely "
    also = " and worker checks" if planned.worker_checks else ""
    about, most = (duration(trials_s + planned.worker_checks_s) for trials_s in (planned.trials_s, planned.most_s))
    return f"{likely}{plural(planned.trials, 'trial')}{also}, about {about}; at most {most}"


def disk_line(results: Path, name: str) -> str:
    """Return where a run keeps what it measures, what the last run there took, and what is free."""
    folder = results / name
    runs = runs_in(folder)
    there = next(place for place in (results.absolute(), *results.absolute().parents) if place.exists())
    taken = f"the last run there takes {memory(size_bytes(runs[-1]))}" if runs else "no earlier run shows how much"
    free = memory(shutil.disk_usage(there).free)
    return f"kept in {printable(str(folder))}: {taken}; {free} are free (badgateway clean removes old runs)"


def plan_lines(planned: Planned) -> Iterator[str]:
    """Yield everything that will be run, one line each, and how long it takes."""
    experiment, found = planned.experiment, planned.forecast
    if found is None:
        yield f"the order of --seed {experiment.seed}; a run draws its seed, unless the file or --seed gives one"
        for trial in schedule(experiment):
            yield f"block {trial.block}  {trial.position:>3}  {trial_name(trial)}"
    else:
        yield from forecast_lines(found)
    if experiment.confirmation is not None:
        at = experiment.confirmation
        yield f"then     the pick at {load(LoadLevel(at.rate_per_s, LoadUnit.RATE))}, open loop, for {at.window_s:g} s"
    for line in worker_check_lines(planned.worker_checks) if planned.worker_checks else ():
        yield f"after    {line}"
    yield outlook_line(planned)
