"""The commands of a load that is sent without the kit: what sends it from a cluster, and the rows that come back."""

import math
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from badgateway.cli.entry import FOLDER, PATH, cli
from badgateway.cli.planned import loaded
from badgateway.cli.terminal import echo
from badgateway.emit.load_files import HOSTED, SentLoad, archive, load_files
from badgateway.errors import ConfigurationError
from badgateway.ledger.client import load_client
from badgateway.ledger.gathered import Gathered, gather
from badgateway.load import locust_file
from badgateway.load.command import spawn_rate
from badgateway.model.experiment import Experiment
from badgateway.model.in_memory import small_database
from badgateway.model.printable import printable
from badgateway.model.running_site import address_of_site
from badgateway.numbers import count, plural
from badgateway.plan.experiment_file import project_root
from badgateway.store.new_files import demand_new, write_new
from badgateway.store.temporary_folder import temporary_folder

IMAGE = "locustio/locust"
"""Locust's own, of the version that the kit has."""


@cli.command(name="emit-load")
@click.argument("experiment", type=PATH)
@click.option(
    "--host", required=True, metavar="URL", help="The site that is loaded, such as https://staging.example.org."
)
@click.option(
    "--workers", type=click.IntRange(1, 500), default=2, show_default=True, metavar="N", help="Of the cluster."
)
@click.option("--users", type=click.IntRange(1), metavar="N", help="Load level.  [default: the file's highest]")
@click.option("--image", metavar="NAME", help="Image with Locust in it.  [default: Locust's own]")
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="Where the files are written.")
def emit_load(  # one parameter per option
    experiment: Path, *, host: str, workers: int, users: int | None, image: str | None, out: Path
) -> None:
    """Write what sends an experiment's load from a cluster, or from a hosted Locust, to a site that runs already.

    For Locust's own operator of Kubernetes, for locust-k8s-operator, and a zip for what takes one. The Locust file has
    to be one that needs nothing but Locust, with users derived from HttpUser; lines that write a row of each request
    are put behind it. Nothing is started, and nobody is asked: HOW.md says what to type, and only load a site that you
    may load. The variables of [application.environment] are not written: they may be secrets.

    \b
    Examples:
      badgateway emit-load badgateway.toml --host https://staging.example.org --workers 4 --out load/
      badgateway rows rows.log --out client.csv
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    sent = _sent(experiment, loaded(experiment), host=host, workers=workers, users=users, image=image)
    texts = {file.path: file.text for file in load_files(sent)}
    demand_new(out, (*texts, HOSTED))
    write_new(out, texts)
    (out / HOSTED).parent.mkdir(exist_ok=True)
    with (out / HOSTED).open("xb") as file:
        file.write(archive(sent))
    for path in (*texts, HOSTED):
        echo(str(out / path))


def _sent(
    path: Path, experiment: Experiment, *, host: str, workers: int, users: int | None, image: str | None
) -> SentLoad:
    levels = experiment.load.users
    try:
        address = address_of_site(host)
    except ValueError as error:
        # Not with what was given: it may have a password in it.
        raise ConfigurationError(f"--host: is not {error}") from None
    if users is None and not levels:
        raise ConfigurationError(f"{path}: load.users: names no numbers of users, which Locust takes; give --users N")
    with temporary_folder() as folder:
        text, recorder = locust_file.standalone_parts(experiment, root=project_root(path), folder=folder)
    number = users or max(levels)
    return SentLoad(
        name=experiment.name,
        locust_file=text,
        recorder=recorder,
        host=address,
        users=number,
        spawn_rate=spawn_rate(number, experiment.load.warm_up_s),
        run_s=math.ceil(experiment.load.warm_up_s + experiment.load.window_s),
        workers=workers,
        image=image or f"{IMAGE}:{version('locust')}",
    )


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, required=True, metavar="FILE", help="Where all rows are written, as a client.csv.")
@click.option(
    "--log", "logs", multiple=True, type=PATH, metavar="FILE", help="A log to look for the requests; repeatable."
)
def rows(files: tuple[Path, ...], *, out: Path, logs: tuple[Path, ...]) -> None:
    """Put the rows together that the processes of a load elsewhere have written, and say what is there.

    FILES are what they wrote, client-TOKEN.csv, or logs of pods with rows in them (see emit-load). Rows that came twice
    are taken once. Each process numbers its requests, so those without a row are known: of one that was killed, what it
    had in flight. With --log, each row's request is looked for by its id.

    \b
    Examples:
      badgateway rows client-*.csv --out client.csv
      badgateway rows rows.log --out client.csv --log access.log
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    if out.exists():
        raise ConfigurationError(f"{out}: is there already; name another file")
    found = gather(files)
    # Before anything is written: a log that cannot be read is named, and the same command is good once it can.
    known = [(log, found.known_in(log)) for log in logs]
    found.write(out)
    try:
        with small_database() as connection:
            # What cannot be believed is said as of any other client.csv.
            load_client(connection, out)
    except BaseException:
        # Nobody is to take it for what came back; and the same command is to say the same again.
        out.unlink()
        raise
    for line in _lines(found):
        echo(line)
    for log, number in known:
        echo(printable(f"{log}: has the ids of {count(number)} of {count(len(found.rows))} requests"))


def _lines(found: Gathered) -> Iterator[str]:
    number = len(found.by_process)
    yield f"{plural(len(found.rows), 'request')} of {count(number)} process{'' if number == 1 else 'es'}"
    yield ", ".join(f"{outcome.value} {count(number)}" for outcome, number in found.outcomes.most_common())
    if found.twice or found.cut:
        yield f"left out: {count(found.twice)} that came twice, {plural(found.cut, 'line')} that are cut"
    for process, number in sorted(found.missing.items()):
        yield f"{process}: {plural(number, 'request')} without a row"
