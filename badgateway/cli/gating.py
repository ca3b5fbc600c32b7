"""Runs a gate: what the site is held to, the trials, and what is printed and written of them."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.text import Text

from badgateway.analysis.gate import baseline_of, gate_of
from badgateway.analysis.gate_file import baseline_text, read_baseline
from badgateway.cli.display import watch
from badgateway.cli.planned import Planned, keep_apart, loaded_own, require_installed, require_users
from badgateway.cli.quiet import await_quiet
from badgateway.cli.terminal import echo, say
from badgateway.errors import ConfigurationError
from badgateway.model.exit_code import ExitCode
from badgateway.model.experiment import Experiment
from badgateway.model.gate import Gate, GateBaseline, GateVerdict
from badgateway.numbers import duration
from badgateway.plan.experiment_file import is_of_a_site, project_root
from badgateway.plan.gating import GateOptions, gate_beside, gate_experiment
from badgateway.process.interruption import Interruption
from badgateway.report.gate.formats import GATE_FORMATS, document
from badgateway.report.gate.places import github_annotations
from badgateway.report.gate.telling import ToldGate, paragraphs, told
from badgateway.store.plain_file import replacing
from badgateway.store.run_folder import RunFolder
from badgateway.store.writing import read_own, writing
from badgateway.study.bench import Effects
from badgateway.study.local import WATCHFUL, TwoCheckouts
from badgateway.study.run_experiment import Finished, run_experiment

SUFFIX = ".gate.json"
"""Of the baseline file beside an experiment's."""
SUMMARY = "gate.md"
_GITHUB, _GITHUB_SUMMARY = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a gate is asked."""

    path: Path
    """The experiment's file."""
    options: GateOptions
    results: Path
    out: Path | None
    is_strict: bool
    is_quiet: bool
    as_json: bool
    writes_baseline: bool

    @property
    def in_project(self) -> Path:
        """The experiment's file, from the project's folder on."""
        # A site's own may be a link to elsewhere; one below experiments/ is where it leads to.
        is_own = is_of_a_site(self.path)
        return Path(self.path.name) if is_own else self.path.resolve().relative_to(project_root(self.path))

    @property
    def usual_baseline(self) -> Path:
        """Where the baseline of the experiment is kept."""
        return self.path.with_name(self.path.stem + SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is run, and what it is held to."""

    experiment: Experiment
    effects: Effects
    named: str
    """What it is held to, in words; empty where it is the objective alone."""
    is_paired: bool = False
    before: GateBaseline | None = None
    file: Path
    """Where a baseline is written."""
    other: tuple[Path, Experiment] | None = None
    """The experiment of another checkout, with its file."""


def held_to(asked: Asked, against: Path | None, baseline: Path | None) -> Held:
    """Return what a gate runs and is held to; all that it names is read before anything is started.

    Raises:
        ConfigurationError: Something could not be run, or is no baseline.
    """
    experiment = loaded_own(asked.path)
    file = baseline or asked.usual_baseline
    if against is not None and not against.is_dir() and str(against) in _names(experiment):
        return _beside_another(asked, experiment, str(against), file)
    if against is not None:
        return _beside(asked, experiment, against, file)
    before = None if asked.writes_baseline else _baseline(baseline, file)
    return Held(
        experiment=gate_experiment(experiment, asked.options),
        effects=WATCHFUL,
        named=str(file) if before else "",
        before=before,
        file=file,
    )


def _names(experiment: Experiment) -> list[str]:
    return [one.name for one in experiment.configurations]


def _beside_another(asked: Asked, experiment: Experiment, name: str, file: Path) -> Held:
    whole, before = gate_beside(experiment, experiment, asked.options, against=name)
    effects = TwoCheckouts(before, project_root(asked.path))
    return Held(experiment=whole, effects=effects, named=f"the configuration {name}", is_paired=True, file=file)


def _beside(asked: Asked, experiment: Experiment, against: Path, file: Path) -> Held:
    root = project_root(asked.path)
    path = against / asked.in_project
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: is not there; --against takes a checkout of this repository, such as one of git worktree add, or "
            f"one of this file's configurations: {', '.join(_names(experiment))}"
        )
    if project_root(path) == root:
        raise ConfigurationError(f"{against}: is this very checkout; name another one, such as one of git worktree add")
    other = loaded_own(path)
    whole, before = gate_beside(experiment, other, asked.options)
    return Held(
        experiment=whole,
        effects=TwoCheckouts(before, project_root(path)),
        named=f"the checkout {against}",
        is_paired=True,
        file=file,
        other=(path, other),
    )


def _baseline(given: Path | None, file: Path) -> GateBaseline | None:
    if given is not None and given.is_dir():
        with RunFolder.open(given).aside() as folder:
            return baseline_of(folder)
    if given is None and not file.exists():
        return None
    if not file.is_file():
        raise ConfigurationError(f"{file}: no such baseline; write it: --baseline-update")
    return read_baseline(read_own(file), file)


def keep_gate_apart(asked: Asked, held: Held) -> None:
    """Return when all that the gate runs may be run in the network that the kit is in.

    Raises:
        StartApart: They may not, and there can be another one.
    """
    others = (held.other,) if held.other else ()
    summary = os.environ.get(_GITHUB_SUMMARY, "")
    written = (
        asked.results,
        *((asked.out,) if asked.out else ()),
        *((held.file.parent,) if asked.writes_baseline else ()),
        *((Path(summary).parent,) if summary else ()),
    )
    keep_apart([(asked.path, held.experiment), *others], *written)


def run_gate(asked: Asked, held: Held, interruption: Interruption) -> ExitCode:
    """Run the trials, say what was found, write it, and return what the exit status is to say."""
    planned = Planned(path=asked.path, experiment=held.experiment, worker_checks=None)
    require_installed(asked.path, held.experiment)
    require_users(asked.path, held.experiment)
    if asked.out is not None:
        with writing(asked.out):
            asked.out.mkdir(parents=True, exist_ok=True)
    finished = _run(asked, held, planned, interruption)
    if finished.run is None:
        assert finished.stopped_by is not None
        raise finished.stopped_by
    folder = RunFolder.open(finished.report.parent)
    now = baseline_of(folder, _script_digest(asked, held.experiment), finished.read)
    found = gate_of(now, held.before, folder.manifest(), held.named, is_paired=held.is_paired)
    said = told(found, finished.run, asked.in_project.as_posix())
    texts = {one.file_name: one.render(said) for one in GATE_FORMATS}
    for name, text in texts.items():
        folder.write_text(name, text)
    _print(asked, said, finished.report)
    # Behind the answer, which took minutes: what cannot be written elsewhere must not hide it.
    _write_elsewhere(asked, texts)
    if finished.stopped_by is not None:
        raise finished.stopped_by
    if asked.writes_baseline:
        _keep(held.file, now, found)
    return _status(found, is_strict=asked.is_strict)


def _run(asked: Asked, held: Held, planned: Planned, interruption: Interruption) -> Finished:
    console = Console(stderr=True, quiet=asked.is_quiet)
    study = held.experiment.study
    blocks = study.blocks if study else 1
    names = ", ".join(one.name for one in held.experiment.configurations)
    against = f"held to {held.named}" if held.named else "there is no baseline: the objective alone is asked"
    say(console, Text.assemble((held.experiment.name, "bold"), f": {names}; {against}"))
    say(console, Text(f"up to {blocks} blocks, in {duration(asked.options.budget_s)} at most"))
    busy = await_quiet(console, held.experiment.machine)
    with watch(console, planned, interruption) as listener:
        return run_experiment(
            held.experiment,
            root=project_root(asked.path),
            results=asked.results,
            command=shlex.join(["badgateway", *sys.argv[1:]]),
            listener=listener,
            effects=held.effects,
            experiment_digest=sha256(asked.path.read_bytes()).hexdigest(),
            busy=busy,
        )


def _script_digest(asked: Asked, experiment: Experiment) -> str:
    return sha256((project_root(asked.path) / experiment.load.locustfile).read_bytes()).hexdigest()


def _status(found: Gate, *, is_strict: bool) -> ExitCode:
    if found.verdict is GateVerdict.BROKEN:
        return ExitCode.NONE_QUALIFIES
    if not any(one.is_measured for one in found.cases):
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if is_strict and found.verdict is not GateVerdict.KEPT else ExitCode.PICKED


def _keep(file: Path, now: GateBaseline, found: Gate) -> None:
    if not all(one.is_measured for one in found.cases):
        echo(f"badgateway: {file}: was not written, since no trial can be trusted", err=True)
        return
    _write_file(file, baseline_text(now))
    but = ", though it misses the objective" if found.verdict is GateVerdict.BROKEN else ""
    echo(f"badgateway: {file}: written{but}; commit it beside the experiment", err=True)


def _write_elsewhere(asked: Asked, texts: Mapping[str, str]) -> None:
    if asked.out is not None:
        for name, text in texts.items():
            _write_file(asked.out / name, text)
    if summary := os.environ.get(_GITHUB_SUMMARY, ""):
        with writing(Path(summary)), Path(summary).open("a", encoding="utf-8") as file:
            file.write(texts[SUMMARY])


def _write_file(file: Path, text: str) -> None:
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    with writing(file), replacing(file) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _print(asked: Asked, said: ToldGate, report: Path) -> None:
    if asked.as_json:
        echo(json.dumps(document(said), ensure_ascii=True))
        return
    echo(said.headline)
    for case in said.cases:
        echo(f"{case.name}: {case.verdict.value}")
        for line in paragraphs(case):
            echo(f"  {line}")
    echo(f"Report: {report.absolute().as_uri()}")
    if _is_on_github(os.environ):
        for line in github_annotations(said):
            echo(line)


def _is_on_github(environment: Mapping[str, str]) -> bool:
    return environment.get(_GITHUB) == "true"
