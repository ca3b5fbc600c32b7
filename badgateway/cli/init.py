"""The command that looks at a repository and proposes an experiment for its site."""

import os
import platform
import re
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import click

from badgateway.cli.entry import PATH, cli
from badgateway.cli.terminal import echo
from badgateway.databases.registry import databases
from badgateway.draft import settings_file
from badgateway.draft.candidates import Candidate, LeftOut, candidates, lent_to, one_of_each_kind, system_of
from badgateway.draft.draft import FILE, LOCUST_FILE, Draft, Levels, with_own_users
from badgateway.draft.experiment_text import NOT_MEASURED, experiment_text
from badgateway.draft.findings import Finding, findings
from badgateway.draft.inspected import Inspected
from badgateway.draft.locust_file import Workload, is_own, locust_file
from badgateway.draft.repository import Repository, look
from badgateway.draft.routes import NotSent, Task, tasks_of
from badgateway.draft.served_folder import in_its_folder
from badgateway.draft.sitemap import from_sitemap
from badgateway.draft.today import Today, of_no_known_server, passed_over, served_by, served_today, unreadable
from badgateway.draft.traffic import traffic
from badgateway.draft.variables import with_database
from badgateway.errors import ConfigurationError
from badgateway.model.printable import printable
from badgateway.numbers import listed
from badgateway.stack.exploration import explore, unset
from badgateway.stack.own_python import interpreter_at
from badgateway.stack.site_python import site_python

_USERS = (5, 10, 20)
_USUAL = Levels(users=_USERS, source=NOT_MEASURED)
_NO_NAME = re.compile(r"[^a-z0-9]+")
_IGNORED = "results/"


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path())
@click.option("--print", "print_only", is_flag=True, help="Write nothing: print what was found and both files.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@click.option(
    "--force", is_flag=True, help="Overwrite badgateway.toml and what init wrote in loadtest/; users of your own stay."
)
@click.option(
    "--python",
    type=PATH,
    metavar="PROGRAM",
    help="The Python that has the site's packages.  [default: of .venv, $VIRTUAL_ENV, Poetry, Pipenv]",
)
@click.option(
    "--command",
    metavar="COMMAND",
    help="How the site is served today: the command, as a Procfile has it.  [default: what a file says]",
)
@click.option(
    "--access-log",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="An access log of the site's: routes, weights and rates come from it.",
)
@click.option(
    "--sitemap",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="A sitemap of the site's, whose pages users ask for.  [default: sitemap.xml in the repository, else the "
    "site's URL patterns]",
)
def init(
    directory: Path,
    *,
    print_only: bool,
    yes: bool,
    force: bool,
    python: Path | None,
    command: str | None,
    access_log: Path | None,
    sitemap: Path | None,
) -> None:
    """Look at a site's repository, and write an experiment for it: badgateway.toml and loadtest/locustfile.py.

    Nothing of the site is changed and nothing is connected to. Its own Python loads it in a temporary copy without any
    network, to read its settings and routes. Values of .env are not read. What runs today becomes the baseline: from a
    Procfile, a server's own file, a Dockerfile or a systemd unit, the first of them. Each finding is printed with where
    it is from.

    \b
    Examples:
      badgateway init                 look at the repository in this folder, ask, write
      badgateway init --print         only look
      badgateway init --yes --python ../env/bin/python
      badgateway init --access-log /var/log/nginx/access.log.1
      badgateway init --sitemap sitemap.xml
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    root = directory.resolve()
    may_overwrite = print_only or force
    if not may_overwrite:
        _demand_free(root, FILE)
    is_kept = _is_kept(root / LOCUST_FILE, force=force)
    draft = _drafted(root, python, command, access_log, sitemap)
    if is_kept:
        draft = with_own_users(draft, _USUAL)
    own_settings = draft.repository.directory / settings_file.FILE
    if draft.settings_text and not may_overwrite:
        _demand_free(root, own_settings)
    for line in _lines(list(findings(draft))):
        echo(line)
    files = _files(draft, own_settings)
    if is_kept:
        del files[LOCUST_FILE]
        echo(f"kept {LOCUST_FILE}, which is there already: these users are the workload")
    if print_only:
        for name, text in files.items():
            echo(f"\n--- {name}\n{text}", newline=False)
        return
    if not yes and not click.confirm(f"Write {listed(files)}?", default=True):
        return
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        echo(f"wrote {printable(str(place))}")
    _ignore_results(root)
    echo(_next(draft))


def _files(draft: Draft, own_settings: PurePosixPath) -> dict[PurePosixPath, str]:
    """Return what is to be written, by its place in the repository."""
    files = {FILE: experiment_text(draft), LOCUST_FILE: locust_file(draft.workload)}
    if draft.settings_text:
        files[own_settings] = draft.settings_text
    return files


def _is_kept(locust_file: Path, *, force: bool) -> bool:
    """Tell whether a Locust file stays: --force overwrites what init wrote, and nobody's own work."""
    if not os.path.lexists(locust_file):
        return False
    return not force or not is_own(locust_file.read_text(encoding="utf-8", errors="replace"))


def _demand_free(root: Path, *names: PurePosixPath) -> None:
    taken = [name for name in names if os.path.lexists(root / name)]
    if taken:
        raise ConfigurationError(
            f"{root / taken[0]} is there already; nothing was written; keep it, or overwrite it: badgateway init "
            "--force"
        )


def _next(draft: Draft) -> str:
    if system_of(draft.site) or draft.site.database is None:
        return "next: badgateway check"
    systems = " or ".join(f'"{one.name}"' for one in databases() if one.engines)
    return f"next: fill in [database] of {FILE}, system = {systems}: a run has no other, and refuses this file as it is"


def _ignore_results(root: Path) -> None:
    """Have git leave results alone, where there is a .gitignore that does not say so yet."""
    file = root / ".gitignore"
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    if _IGNORED not in text.split():
        with file.open("a", encoding="utf-8") as end:
            end.write(f"{'' if text.endswith(chr(10)) or not text else chr(10)}{_IGNORED}\n")
        echo(f"added {_IGNORED} to {printable(str(file))}")


def _drafted(root: Path, given: Path | None, command: str | None, log: Path | None, sitemap: Path | None) -> Draft:
    repository = look(root)
    # First what takes a moment and may be refused.
    told = traffic(log) if log else None
    if told is None and (file := sitemap or next((root / one for one in repository.named("sitemap.xml")), None)):
        told = from_sitemap(file), _USUAL
    program, python = site_python(repository, given)
    if given is not None:
        interpreter_at(program, "--python")
    if not (repository.files or repository.modules):
        raise ConfigurationError(
            f"{root}: no site here: no manage.py, wsgi.py, app.py, package or Procfile; go to the folder that has "
            "them, or name it: badgateway init DIRECTORY"
        )
    found = _today(repository, command)
    unread = "" if command else passed_over(repository, found) if found else _unread(repository)
    repository, today = in_its_folder(repository, found)
    explored = explore(repository, program, today)
    site = with_database(explored.site, explored.variables)
    packages = {one.name.lower() for one in distributions() if one.name}
    lent = lent_to(site, platform.python_version(), packages)
    every = candidates(site, os.cpu_count() or 1, lent)
    kinds = list(one_of_each_kind(every, today.server.name if today else ""))
    workload, levels = told or (_workload(site), _USUAL)
    return Draft(
        name=_NO_NAME.sub("-", root.name.lower()).strip("-") or "site",
        repository=repository,
        python=python,
        site=site,
        today=today.loading(site.target) if today else None,
        server=explored.server,
        why_not=explored.why_not,
        unread=unread,
        variables=explored.variables,
        settings=explored.settings,
        settings_source=explored.settings_source,
        settings_otherwise=explored.settings_otherwise,
        workload=workload,
        levels=levels,
        candidates=tuple(one for one in kinds if isinstance(one, Candidate)),
        left_out=tuple(one for one in kinds if isinstance(one, LeftOut)),
        is_apart=explored.is_apart,
        settings_text=explored.settings_text,
        unset=unset(site, explored.variables),
    )


def _unread(repository: Repository) -> str:
    return unreadable(repository) or of_no_known_server(repository)


def _today(repository: Repository, command: str | None) -> Today | None:
    if command is None:
        return served_today(repository)
    today = served_by(command, "--command")
    if today is None:
        raise ConfigurationError(f"--command {command}: it starts no server that is known; name the server's program")
    return today


def _workload(site: Inspected) -> Workload:
    found = list(tasks_of(site.routes))
    return Workload(
        source="the site's URL patterns",
        tasks=tuple(one for one in found if isinstance(one, Task)) or (Task(path="/", name="GET /"),),
        not_sent=tuple(one for one in found if isinstance(one, NotSent)),
    )


def _lines(found: list[Finding]) -> list[str]:
    width = max((len(one.subject) for one in found), default=0)
    return [f"{one.subject:<{width}}  {printable(_told(one))}" for one in found]


def _told(one: Finding) -> str:
    source = f"  (from {one.source})" if one.source else ""
    return f"{one.found}{source}{f': {one.remedy}' if one.remedy else ''}"
