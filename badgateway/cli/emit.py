"""The command that writes what to deploy, from what a run has found."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import click

from badgateway.analysis.file_proof import ProofKind
from badgateway.analysis.run import analyse
from badgateway.cli.alone import as_patience_s
from badgateway.cli.entry import FOLDER, PATH, cli
from badgateway.cli.proving import Turn, experiment_of, prove
from badgateway.cli.terminal import echo
from badgateway.emit.document import Document, Measurements, read_document
from badgateway.emit.files import PROOF, USUAL_FOLDER, WHY, Target, files_of
from badgateway.emit.subject import Subject, subject, subject_of
from badgateway.errors import ConfigurationError
from badgateway.model import raw
from badgateway.model.exit_code import ExitCode
from badgateway.model.experiment import Experiment
from badgateway.plan.kit_files import located
from badgateway.report.formats import render_json
from badgateway.store.new_files import all_there, demand_new, differences, write_new
from badgateway.store.run_folder import RunFolder
from badgateway.store.writing import read_own

REPORT = "report.json"
STATUSES = {
    ProofKind.AS_MEASURED: ExitCode.PICKED,
    ProofKind.DIFFERENT: ExitCode.NONE_QUALIFIES,
    ProofKind.NOT_TOLD: ExitCode.INCONCLUSIVE,
}
"""0, 1 and 3, by what a proof says."""


MARKS = {
    Target.SYSTEMD: ("*.service", "deploy/*.service", "systemd/*.service"),
    Target.DOCKER: ("Dockerfile", "Containerfile"),
    Target.COMPOSE: ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"),
    Target.KUBERNETES: ("k8s", "kubernetes", "kustomization.yaml", "Chart.yaml"),
    Target.PROCFILE: ("Procfile",),
}
"""By what a repository tells that it uses a target."""


def _targets(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[Target, ...]:
    words = [word.strip() for word in (text or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in set(Target)]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(Target)}")
    return tuple(Target(word) for word in words)


def _used_by(project: Path) -> Iterator[Target]:
    return (target for target, names in MARKS.items() if any(any(project.glob(name)) for name in names))


def _in_repository(out: Path, project: Path) -> PurePosixPath:
    """Return where the files will be in the repository; they are moved there if they are written elsewhere."""
    there, root = out.resolve(), project.resolve()
    return PurePosixPath(there.relative_to(root)) if there.is_relative_to(root) and there != root else USUAL_FOLDER


@cli.command()
@click.argument("run", type=PATH)
@click.argument("configuration", required=False)
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="Where the files are written.")
@click.option(
    "--for",
    "asked_for",
    metavar="LIST",
    callback=_targets,
    help="For what, with commas between: systemd, docker, compose, kubernetes, procfile.  [default: what the project "
    "uses already, else systemd]",
)
@click.option("--diff", "as_diff", is_flag=True, help="Print a patch of DIR instead, and write nothing.")
@click.option(
    "--project",
    type=FOLDER,
    default=Path(),
    metavar="DIR",
    help="The project whose server files the run used.  [default: the working directory]",
)
@click.option("--prove", "is_proven", is_flag=True, help="Start what was written, load it once, and write PROOF.md.")
@click.option(
    "--experiment",
    type=PATH,
    metavar="FILE",
    help="The run's experiment, for --prove.  [default: experiments/NAME.toml of the project]",
)
@click.option(
    "--wait",
    "wait_s",
    metavar="TIME",
    callback=as_patience_s,
    help="How long --prove waits for another experiment here.",
)
@click.option("--beside", is_flag=True, help="Prove although another experiment is running on this machine.")
def emit(  # noqa: PLR0913 # one parameter per option
    run: Path,
    configuration: str | None,
    *,
    out: Path,
    asked_for: tuple[Target, ...],
    as_diff: bool,
    project: Path,
    is_proven: bool,
    experiment: Path | None,
    wait_s: float | None,
    beside: bool,
) -> None:
    """Write the files that deploy a run's pick: plain values, each beside the measurement that chose it.

    RUN is a run's folder, such as results/servers/latest, or its report.json. CONFIGURATION is one of its
    configurations by name; without it, the one that the run picked.

    \b
    DIR gets
      WHY.md            each value, what it rests on, and what was not tested
      server/           the server's file, without variables of the kit and its journal; the site's variables
      nginx/            the site: upstream, time limits in their order, buffers
      system/           the kernel's settings; for systemd, a unit
      django/           the settings of the database, to be taken over by hand
      load-balancer.md  what a load balancer before nginx has to be told
      docker/           for docker, an image; for compose, its services
      kubernetes/       for kubernetes, a Deployment with probes, preStop and what the server used in the trials
      procfile/         for procfile, a command on a port, without nginx

    Files are never overwritten: where one is there, nothing is written, and --diff prints what would change. None has
    a secret in it. A configuration that did not keep the objective is written only if it is named, and WHY.md says so
    first. One with a command of yours, such as init's "today", is deployed already, so it is refused. Nothing is
    installed, and nothing is started without --prove.

    --prove starts the server and nginx from the written files, in a private place beside whatever this machine runs
    (only paths and addresses are others, and PROOF.md lists those lines), sends the experiment's load for one trial,
    and holds failures, p95 and throughput to what the run's trials say that one more is to be like. systemd checks the
    unit; check-jsonschema, kubernetes-validate and hadolint check the other targets' files, where they are installed.
    Exit status: 0 as measured, 1 different, 3 not told. Files that are there already are proven as they are, if they
    are what would be written.

    \b
    Examples:
      badgateway emit results/servers/latest --out deploy
      badgateway emit results/reference/servers/report.json gunicorn-gthread --out deploy
      badgateway emit results/servers/latest --out deploy --prove
      badgateway emit results/servers/latest --out deploy --diff | patch -p1 -d deploy
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    if as_diff and is_proven:
        raise click.UsageError("--diff writes nothing that --prove could start: give one of them.")
    one = _subject(run, configuration, project)
    targets = asked_for or tuple(_used_by(project)) or (Target.SYSTEMD,)
    files = {file.path: file.text for file in files_of(one, targets, _in_repository(out, project))}
    if as_diff:
        for line in differences(out, files):
            echo(line)
        return
    # Refused before anything is written, and the files are not there yet.
    asked = experiment_of(one, project, experiment) if is_proven else None
    if not (asked and all_there(out, files)):
        write_new(out, files)
    for path in files:
        echo(str(out / path))
    echo(f"badgateway: read {out / WHY} first{_warning(one)}", err=True)
    if asked:
        sys.exit(_proven(one, files, out, *asked, Turn(wait_s=wait_s, beside=beside)))


def _proven(  # noqa: PLR0917 # as `prove` has it
    one: Subject, files: Mapping[PurePosixPath, str], out: Path, path: Path, experiment: Experiment, turn: Turn
) -> ExitCode:
    """Prove what is in the folder, write the page beside it, and return what the exit status is to say."""
    demand_new(out, (PROOF,))
    texts = {name: (out / name).read_text("utf-8") for name in files}
    proof, page = prove(one, texts, path, experiment, out, turn)
    write_new(out, {PROOF: page})
    why = "; ".join(proof.reasons)
    echo(f"{out / PROOF}: {proof.kind.value}{f': {why}' if why else ''}")
    return STATUSES[proof.kind]


def _subject(run: Path, name: str | None, project: Path) -> Subject:
    document, source = _document(run)
    chosen, _ = subject_of(document, name, source=source)
    return subject(document, chosen, _server_text(chosen, project), source=source)


def _document(run: Path) -> tuple[Document, str]:
    """Return what a run's report says, and where it was read; a run without one is judged anew, aside."""
    candidates = (run,) if run.is_file() else (run / REPORT, run / "latest" / REPORT)
    for file in candidates:
        if file.is_file():
            return read_document(read_own(file.resolve()), PurePosixPath(file)), str(file)
    if any((folder / raw.MANIFEST).is_file() for folder in (run, run / "latest")):
        with RunFolder.open(run).aside() as apart:
            return read_document(render_json(analyse(apart)).encode(), PurePosixPath(run)), str(run)
    raise ConfigurationError(
        f"{run}: is neither a run's folder nor its report.json; name one, such as results/servers/latest"
    )


def _server_text(chosen: Measurements, project: Path) -> str:
    if chosen.configuration.command:
        raise ConfigurationError(
            f"{chosen.name}: it is what is deployed already, {chosen.configuration.command}, so there is nothing to "
            "write; name another configuration"
        )
    file = located(project, chosen.configuration.server)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: is not there, and {chosen.name} was run with it; say where the run's project is: --project DIR"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: is no text in UTF-8; save it as such") from None


def _warning(one: Subject) -> str:
    if one.is_refuted:
        return f". {one.at_a_rate}"
    return "" if one.kept else f": {one.chosen.name} {one.shortfall}"
