"""The command that writes what to deploy, from what a run has found."""

from pathlib import Path, PurePosixPath

import click

from badgateway.analysis.run import analyse
from badgateway.cli.entry import cli
from badgateway.cli.terminal import echo
from badgateway.emit.document import Document, Measurements, read_document
from badgateway.emit.files import WHY, files_of
from badgateway.emit.subject import Subject, subject, subject_of
from badgateway.errors import ConfigurationError
from badgateway.model import raw
from badgateway.report.formats import render_json
from badgateway.store.new_files import differences, write_new
from badgateway.store.run_folder import RunFolder
from badgateway.store.writing import read_own

_PATH = click.Path(path_type=Path)
REPORT = "report.json"


@cli.command()
@click.argument("run", type=_PATH)
@click.argument("configuration", required=False)
@click.option("--out", type=_PATH, required=True, metavar="DIR", help="Where the files are written.")
@click.option("--diff", "as_diff", is_flag=True, help="Print a patch of DIR instead, and write nothing.")
@click.option(
    "--project",
    type=_PATH,
    default=Path(),
    metavar="DIR",
    help="The project whose server files the run used.  [default: the working directory]",
)
def emit(run: Path, configuration: str | None, *, out: Path, as_diff: bool, project: Path) -> None:
    """Write the files that deploy a run's pick: plain values, each beside the measurement that chose it.

    RUN is a run's folder, such as results/servers/latest, or its report.json. CONFIGURATION is one of its
    configurations by name; without it, the one that the run picked.

    \b
    DIR gets
      WHY.md            each value, what it rests on, and what was not tested
      server/           the server's file, without variables of the kit and its journal; the site's variables
      nginx/            the site: upstream, time limits in their order, buffers
      system/           the kernel's settings, and a unit of systemd
      django/           the settings of the database, to be taken over by hand
      load-balancer.md  what a load balancer before nginx has to be told

    Files are never overwritten: where one is there, nothing is written, and --diff prints what would change. None has
    a secret in it. A configuration that did not keep the objective is written only if it is named, and WHY.md says so
    first. Nothing is started or installed.

    \b
    Examples:
      badgateway emit results/servers/latest --out deploy
      badgateway emit results/reference/servers/report.json gunicorn-gthread --out deploy
      badgateway emit results/servers/latest --out deploy --diff | patch -p1 -d deploy
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    one = _subject(run, configuration, project)
    files = {file.path: file.text for file in files_of(one)}
    if as_diff:
        for line in differences(out, files):
            echo(line)
        return
    write_new(out, files)
    for path in files:
        echo(str(out / path))
    echo(f"badgateway: read {out / WHY} first{_warning(one)}", err=True)


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
    file = project / chosen.configuration.server
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: is not there, and {chosen.name} was run with it; say where the run's project is: --project DIR"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: is no text in UTF-8; save it as such") from None


def _warning(one: Subject) -> str:
    return "" if one.kept else f": {one.chosen.name} did not keep the objective ({one.chosen.verdict})"
