"""Proves written files: what is started, what it is held to, and the page that says what came of it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.text import Text

from badgateway.analysis.file_proof import FileProof, ProofKind, beside_control, proof_of
from badgateway.cli.alone import alone_on_the_machine, patience_s
from badgateway.cli.planned import keep_apart, require_installed, require_users
from badgateway.cli.quiet import await_quiet
from badgateway.cli.terminal import say
from badgateway.emit.evidence import COMPARED
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill
from badgateway.emit.why import cell
from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import Environment
from badgateway.model.secrets import without_secrets
from badgateway.plan.experiment_file import OF_A_SITE, load_experiment, project_root
from badgateway.plan.overrides import with_options
from badgateway.probe.environment import read_environment
from badgateway.process.account import service_account
from badgateway.stack.file_checks import Check, checks
from badgateway.stack.private_copy import changed_lines
from badgateway.stack.written_deployment import WrittenFiles
from badgateway.study.local import LOCAL
from badgateway.study.prove_files import WrittenEffects, prove_files
from badgateway.words import phrases

VARIANTS = ("quick", "full-scale")
MEANINGS: Mapping[ProofKind, str] = {
    ProofKind.AS_MEASURED: "Server and nginx were started from these files, and did what the run measured.",
    ProofKind.DIFFERENT: "What these files do is not what the run measured. Do not deploy them before you know why.",
    ProofKind.NOT_TOLD: "They were started and loaded, but what they did cannot be held to what the run measured.",
}


def experiment_of(subject: Subject, project: Path, given: Path | None) -> tuple[Path, Experiment]:
    """Return the experiment file of a run, and the experiment with the written configuration and the run's load alone.

    Raises:
        ConfigurationError: It is not there, asks something else than the run did, or had [places].
    """
    name = subject.document.experiment.name
    variant = next((one for one in VARIANTS if name.endswith(f"-{one}")), None)
    own = project / OF_A_SITE
    in_folder = project / "experiments" / f"{name.removesuffix(f'-{variant}') if variant else name}.toml"
    path = given or (own if own.exists() and not in_folder.exists() else in_folder)
    if not path.exists():
        raise ConfigurationError(
            f"{path}: is not there; --prove runs the load of the run's experiment: --experiment FILE"
        )
    run = subject.document.experiment
    experiment = with_options(load_experiment(path), variant=variant, only=[subject.chosen.name])
    # As a report shows it, which hides what is secret.
    declared, was = without_secrets(experiment).configurations[0], subject.configuration
    faults = [
        *(f"{field} of {declared.name}" for field in COMPARED if getattr(declared, field) != getattr(was, field)),
        *(["[objective]"] if experiment.objective != run.objective else []),
        *(["load.locustfile"] if experiment.load.locustfile != run.load.locustfile else []),
    ]
    if faults:
        raise ConfigurationError(
            f"{path}: is not what was run: {', '.join(faults)}; give the run's own: --experiment FILE"
        )
    if experiment.places.lines:
        places = " and ".join(sorted(experiment.places.lines))
        raise ConfigurationError(
            f"{path}: places: --prove starts the files without networks between the parts, so it cannot be held to a "
            f"run that had them ({places}); leave out --prove, or prove the files of a run without [places]"
        )
    # In the run's own windows, whatever the file says by now: its noise is theirs, and longer ones scatter less.
    return path, experiment.model_copy(update={"load": run.load})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What to do while another experiment runs on this machine."""

    wait_s: float | None
    """For how long it is waited for; None: as long as a terminal has patience."""
    beside: bool


def prove(  # noqa: PLR0917 # what is proven, against what, and when
    subject: Subject, texts: Mapping[PurePosixPath, str], path: Path, experiment: Experiment, out: Path, turn: Turn
) -> tuple[FileProof, str]:
    """Start written files, load them once, and return what that proves, with the page that is to say it in `out`.

    Raises:
        DeploymentError: The database did not come up, or a program is not installed.
        TakenError: An experiment runs on this machine.
    """
    console = Console(stderr=True)
    level = subject.top_level
    if level is None:
        raise ConfigurationError(
            f"{subject.source}: nothing of {subject.chosen.name} was measured, so there is no load"
        )
    keep_apart([(path, experiment)], out)
    require_installed(path, experiment)
    require_users(path, experiment)
    checked = tuple(checks(texts))
    say(console, Text(f"proving the files of {subject.chosen.name}: one trial of {phrases.load(level.load)}"))
    files = WrittenFiles(subject=subject, texts=texts)
    root, account = project_root(path), service_account()
    with alone_on_the_machine(console, wait_s=patience_s(turn.wait_s, console), beside=turn.beside):
        await_quiet(console, experiment.machine)
        summary = prove_files(experiment, level.load, root, WrittenEffects(files))
        machine = read_environment(account.name if account else "")
        proof = proof_of(subject, summary, machine)
        if proof.kind is ProofKind.DIFFERENT and proof.comparisons:
            say(console, Text("not as the run was: one more trial of what it had, to see whose doing that is"))
            proof = beside_control(proof, subject, prove_files(experiment, level.load, root, LOCAL))
    said = tuple(f"{one.program} has something to say against {one.path}" for one in checked if one.faults)
    if said:
        proof = replace(proof, kind=ProofKind.DIFFERENT, reasons=(*proof.reasons, *said))
    return proof, _page(subject, files, proof, experiment, machine, checked)


def _page(  # noqa: PLR0917 # what was run, and all that came of it
    subject: Subject,
    files: WrittenFiles,
    proof: FileProof,
    experiment: Experiment,
    machine: Environment,
    checked: tuple[Check, ...],
) -> str:
    level = subject.top_level
    return fill(
        "proof.md.j2",
        name=subject.place.name,
        chosen=subject.chosen.name,
        kind=proof.kind.value,
        meaning=MEANINGS[proof.kind],
        reasons=[cell(reason) for reason in proof.reasons],
        rows=list(_rows(proof)),
        trials=proof.trials,
        load=phrases.load(level.load) if level else "",
        window_s=f"{experiment.load.window_s:g}",
        locustfile=cell(str(experiment.load.locustfile)),
        machine=cell(f"{machine.cores} cores of {machine.cpu}, {machine.system}"),
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        changed=changed_lines(
            {path: text for path, text in files.texts.items() if path.suffix != ".md"}, subject.place
        ),
        checks=[
            (one.path, one.program, None if one.faults is None else [cell(fault) for fault in one.faults])
            for one in checked
        ],
    )


def _rows(proof: FileProof) -> Iterator[tuple[str, ...]]:
    for one in proof.comparisons:
        value = "-" if one.value is None else f"{one.value:,.4g}"
        expected = "-" if one.expected is None else f"{one.expected.low:,.4g} to {one.expected.high:,.4g}"
        holds = {True: "inside", False: "**outside**", None: "nothing to hold it to"}[one.holds]
        yield cell(one.figure), value, expected, holds
