"""Finds out what a site is and what it has to be given, by loading it some times with other variables."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from badgateway.draft.inspected import Inspected
from badgateway.draft.repository import Repository
from badgateway.draft.settings_file import (
    MODULE,
    SETTINGS,
    example,
    lacks_key,
    needed,
    settings_text,
    with_settings,
)
from badgateway.draft.today import Today, TodaysServer, variables_set
from badgateway.draft.variables import (
    DRAWN,
    MADE_UP,
    MARKED_HOST,
    OF_RUN,
    RANDOM,
    Variables,
    as_written,
    example_of,
    filler,
    is_drawn,
    leading_to_database,
    looked_at_again,
    marks,
)
from badgateway.errors import DeploymentError
from badgateway.model.masking import is_secret_name
from badgateway.plan.site_modules import developed
from badgateway.process.account import Account, open_passage, service_account, with_own_group
from badgateway.servers.registry import servers
from badgateway.stack.inspection import Inspection, can_be_apart, copy_scripts, demand_reachable
from badgateway.stack.site_copy import copy_site
from badgateway.stack.todays_server import asked_server, nothing_there
from badgateway.store.temporary_folder import temporary_folder

_PRODUCTION = ("production", "prod", "live", "deploy")
_OFF = ("False", "0", "")
_TRIED = "badgateway_settings_of_a_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """A site as it will be run, and what it takes for that."""

    site: Inspected
    variables: Variables
    settings: str
    """Which of the site's own settings a run has; those of `settings_text` begin with them."""
    settings_source: str
    is_apart: bool
    settings_otherwise: str = ""
    """What the site has where nobody names settings; empty where it is the same."""
    server: TodaysServer | None = None
    """What runs today; None where no file says it, or it cannot be taken over."""
    why_not: str = ""
    """Why it cannot."""
    settings_text: str = ""
    """Of settings for runs alone, where the site's own cannot be led by variables; empty where they can."""


def explore(repository: Repository, python: Path, today: Today | None) -> Explored:
    """Load the site in a copy, and find out what it is.

    Raises:
        DeploymentError: It cannot be loaded; with file, line and what to do.
        ConfigurationError: The repository cannot be copied.
    """
    account = with_own_group(service_account())
    demand_reachable(python, account)
    with _inspection(repository, python, today, account) as inspection:
        settings, source = _settings_given(repository)
        before = Variables().with_one(SETTINGS, settings, source) if settings else Variables()
        site, variables = _filled(inspection, before, before.values)
        source = source or _where_settings_come_from(site, today)
        otherwise = inspection.look(_real(Variables(), site)).settings_module if settings else site.settings_module
        if site.error and not (lacks_key(site) and site.settings_module):
            raise DeploymentError(_not_loaded(site, python))
        if site.debug:
            site, variables, source = _out_of_debug(inspection, repository, site, variables, source)
        if not site.error:
            demand_something_to_serve(site, nothing_there(today, repository) if today else "")
            marked = inspection.look({**_real(variables, site), **marks(site)})
            variables = _hosts(inspection, site, leading_to_database(site, marked, variables))
            variables = _key(inspection, site, variables)
            site, variables = _last_look(inspection, site, variables)
        explored = Explored(
            site=site,
            variables=variables,
            settings=site.settings_module,
            settings_source=source,
            settings_otherwise=otherwise if otherwise != site.settings_module else "",
            is_apart=inspection.is_apart,
        )
        explored = _with_own_settings(inspection, _with_settings_named(explored))
        if explored.site.error:
            raise DeploymentError(_not_loaded(explored.site, python))
        if today is None:
            return explored
        try:
            given = {**_real(explored.variables, explored.site), **example(explored.variables), **today.variables}
            return replace(explored, server=asked_server(inspection, explored.site, given, repository, today))
        except ValueError as error:
            return replace(explored, why_not=str(error))


@contextmanager
def _inspection(
    repository: Repository, python: Path, today: Today | None, account: Account | None
) -> Iterator[Inspection]:
    with temporary_folder() as folder:
        open_passage(folder, account)
        copy = folder / "copy"
        copy_site(repository.root, copy, account)
        copy_scripts(folder, account)
        targets = ([today.target] if today and today.target else []) + list(repository.modules)
        yield Inspection(
            copy=copy,
            folder=folder,
            directory=repository.directory,
            python=python,
            targets=targets,
            manage=repository.manage_inside,
            paths=[*([folder for _, folder in today.paths] if today else []), *_developed(repository, python)],
            account=account,
            required=repository.required,
            is_apart=can_be_apart(folder, account),
        )


def _developed(repository: Repository, python: Path) -> list[str]:
    """Return the folders of the repository that its environment imports from, by their paths from where it starts."""
    folders = developed(python.parent.parent, repository.root)
    return [os.path.relpath(folder, repository.directory) for folder in folders]


def _settings_given(repository: Repository) -> tuple[str, str]:
    """Return which settings the caller or the repository's files name, and where; empty where none does."""
    own = os.environ.get(SETTINGS, "")
    if own:
        return own, f"${SETTINGS} of your shell"
    named = variables_set(repository).get(SETTINGS, "")
    return (named, "Dockerfile") if named else ("", "")


def _where_settings_come_from(site: Inspected, today: Today | None) -> str:
    module = site.target.partition(":")[0]
    return f"{module}, as {today.source} serves it" if today and today.target not in site.absent else module


def _filled(inspection: Inspection, before: Variables, given: Mapping[str, str]) -> tuple[Inspected, Variables]:
    site, filled = inspection.look_filling(given)
    variables = before
    for name, value in filled.items():
        written = as_written(name, value)
        why = DRAWN if written == RANDOM else MADE_UP
        variables = variables.with_one(name, written, "leads to the site's database" if OF_RUN in written else why)
    return site, variables


def _real(variables: Variables, site: Inspected) -> dict[str, str]:
    """Return values with which the site can be loaded here, where there is no database and no run."""
    return {name: example_of(name, value, site) for name, value in variables.values.items()}


def _out_of_debug(
    inspection: Inspection, repository: Repository, site: Inspected, variables: Variables, source: str
) -> tuple[Inspected, Variables, str]:
    """Return the site with settings for production: by a variable that turns DEBUG off, or by other settings."""
    for name in (name for name in site.variables if "DEBUG" in name.upper()):
        for value in _OFF:
            found = inspection.look({**_real(variables, site), name: value})
            if not found.error and not found.debug:
                return found, variables.with_one(name, value, "turns DEBUG off"), source
    for module in _for_production(repository, site.settings_module):
        why = f"{site.settings_module} has DEBUG = True"
        wanted = variables.with_one(SETTINGS, module, why)
        found, more = _filled(inspection, wanted, _real(wanted, site))
        if not found.error and not found.debug:
            return found, more, f"its name, beside {site.settings_module}, which has DEBUG = True"
    return site, variables, source


def _for_production(repository: Repository, module: str) -> Iterator[str]:
    """Yield the settings beside a module that are for production by their name."""
    if not module:
        return
    file = PurePosixPath(*module.split("."))
    folder = repository.root / repository.directory / file.parent
    package = ".".join(file.parent.parts)
    for one in sorted(folder.glob("*.py")) + sorted((folder / file.name).glob("*.py")):
        if any(word in one.stem.lower() for word in _PRODUCTION):
            inner = f"{file.name}." if one.parent.name == file.name and one.parent != folder else ""
            yield f"{package}.{inner}{one.stem}" if package else f"{inner}{one.stem}"


def _with_settings_named(explored: Explored) -> Explored:
    """Return the site with its settings named, for its commands mostly have others by themselves."""
    module, variables = explored.site.settings_module, explored.variables
    if not module or SETTINGS in variables.values:
        return explored
    return replace(explored, variables=variables.with_one(SETTINGS, module, "what its server has"))


def _with_own_settings(inspection: Inspection, explored: Explored) -> Explored:
    """Return the site with settings for runs alone, if it needs some and is well with them."""
    site, changes = explored.site, needed(explored.site, explored.variables)
    if site.kind != "django" or not changes.are_some or not site.settings_module:
        return explored
    text = settings_text(site.settings_module, changes)
    # Not in the copy, where the site has run already and may have put a link. Under another name than theirs, which
    # one of an earlier time may have there, or a package of the site's.
    place = inspection.folder / "settings"
    file = place / f"{_TRIED}.py"
    place.mkdir()
    file.write_text(text, encoding="utf-8")
    for one in (place, file):
        one.chmod(0o755)
    variables = with_settings(explored.variables, changes)
    given = {**_real(variables, site), **example(variables), SETTINGS: _TRIED, "PYTHONPATH": str(place)}
    found = inspection.look(given)
    if found.error or found.debug:
        return explored
    told = {"variables": {**site.variables, **found.variables}, "settings_module": MODULE}
    return replace(explored, site=found.model_copy(update=told), variables=variables, settings_text=text)


def _hosts(inspection: Inspection, site: Inspected, variables: Variables) -> Variables:
    """Return the variables and the one that names the site's hosts, where no host is allowed without it."""
    names = [name for name in site.variables if "HOSTS" in name.upper() or "DOMAIN" in name.upper()]
    if site.kind != "django" or set(site.allowed_hosts) - {"127.0.0.1"}:
        return variables
    for name in names:
        found = inspection.look({**_real(variables, site), name: MARKED_HOST})
        if MARKED_HOST in found.allowed_hosts:
            return variables.with_one(name, MARKED_HOST, "the host that users ask for")
    return variables


def _key(inspection: Inspection, site: Inspected, variables: Variables) -> Variables:
    """Return the variables and the one that has the site's secret, where the settings have none without it."""
    names = () if site.has_key else [name for name in site.variables if is_drawn(name)]
    for name in names:
        if inspection.look({**_real(variables, site), name: filler(name, site)}).has_key:
            return variables.with_one(name, RANDOM, DRAWN)
    return variables


def _last_look(inspection: Inspection, site: Inspected, variables: Variables) -> tuple[Inspected, Variables]:
    """Return the site with what will be written, and what of the way to its database that leaves as it is."""
    found = inspection.look(_real(variables, site))
    variables = looked_at_again(variables, found)
    told = {"variables": {**site.variables, **found.variables}}
    return (site if found.error else found.model_copy(update=told)), variables


def demand_something_to_serve(site: Inspected, named: str = "") -> None:
    """Return when there is something that a server can load; `named` is said of the one thing that a command names.

    Raises:
        DeploymentError: No module has it.
    """
    if not site.target:
        known = " or ".join(server.name for server in servers())
        raise DeploymentError(
            f"nothing was found that a server could load: {named}{', and ' if named else ''}no module has "
            f"application, app, create_app or the like; name it in a command of {known}: --command"
        )


def _not_loaded(site: Inspected, python: Path) -> str:
    where = f" at {site.where}" if site.where else ""
    hint = (
        f"set {site.missing} to something and try again"
        if site.missing
        else f"is {python} the Python of the site? Another one: --python"
    )
    tried = f"; it tried to reach {site.tried[0].address} ({site.tried[0].by or 'a library'})" if site.tried else ""
    return f"the site cannot be loaded{where}: {site.error}{tried}; {hint}"


def unset(site: Inspected, variables: Variables) -> dict[str, str]:
    """Return the variables that the site asks for and is not given."""
    return {
        name: "secret" if is_secret_name(name) else ""
        for name, is_there in site.variables.items()
        if not is_there and name not in variables.values
    }
