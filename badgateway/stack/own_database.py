"""Refuses a site that would write to another database than the run's own, before any of its commands is run."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from badgateway.databases.database_kind import LEADS_ELSEWHERE, DatabaseFile
from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import kind_of
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.child import Child, Command
from badgateway.process.running import demand_end, running
from badgateway.stack import look_at_settings
from badgateway.stack.database import RunningDatabase
from badgateway.stack.site import HOST

DEADLINE_S = 60.0
SCRIPT = Path(look_at_settings.__file__)
_WITHOUT_A_SERVER = ("django.db.backends.dummy", "")
"""Options of a driver that lead elsewhere, whatever the host is."""


_IN_DEBUG = (
    "application.environment: the site's settings have DEBUG = True: it would keep every statement in memory, and no "
    "figure of it holds for production; nothing was run; name its settings for production, such as "
    'DJANGO_SETTINGS_MODULE = "mysite.settings.production", or the variable that turns DEBUG off'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDatabase:
    """A database as a site's settings name it."""

    alias: str
    engine: str
    host: str
    port: str
    name: str
    options: tuple[str, ...]
    """Their names."""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if isinstance(kind_of(self.engine), DatabaseFile):
            return self.name
        return f"{self.host or 'a socket of this machine'}{f':{self.port}' if self.port else ''}"


def demand_own_databases(looks: Sequence[Command], database: RunningDatabase, application: Path) -> bool:
    """Return when every database that the site's settings name is the run's own, or a file of the run's copy.

    Tells whether the site has such settings, of Django's, however it is loaded: without them nothing is known.

    Args:
        looks: Commands that load the site and print its databases, see look_at_settings.py.
        database: The run's own.
        application: The folder of the run's copy of the site.

    Raises:
        ConfigurationError: One is another, or of another system.
            Or the settings that its server has are for development.
        DeploymentError: The site cannot be loaded, so nobody knows what it would write to.
    """
    with ExitStack() as stack:
        children = [stack.enter_context(running(look)) for look in looks]
        is_told = bool(children)
        for child in children:
            told = _settings(child)
            is_told = is_told and bool(told)
            for found in map(_site_database, told.get("databases", ())):
                why = foreign(found, database, application)
                if why:
                    raise ConfigurationError(_refusal(found, why, database))
            # Its own commands may have settings for development; what is measured may not.
            if told.get("debug") and not _is_of_a_command(child.command):
                raise ConfigurationError(_IN_DEBUG)
        return is_told


def _is_of_a_command(look: Command) -> bool:
    return look.argv[look.argv.index(str(SCRIPT)) + 1].endswith(".py")


def foreign(found: SiteDatabase, database: RunningDatabase, application: Path) -> str:
    """Return why a database is not the run's own; empty when it is, or is none."""
    if found.engine in _WITHOUT_A_SERVER:
        return ""
    run = database.system
    if isinstance(kind_of(found.engine), DatabaseFile):
        return _foreign_file(found, database, application)
    if not isinstance(run, DatabaseSystem):
        return f"the experiment's own is {run.label}"
    elsewhere = [option for option in found.options if option in LEADS_ELSEWHERE]
    if elsewhere:
        return f"its OPTIONS have {elsewhere[0]}, which may lead anywhere"
    hosts = {database.host, *(run.names_of_host if database.host == HOST else ())}
    ports = {str(database.port), "" if database.port == run.usual_port else str(database.port)}
    # On a server of the run's own there is no other.
    is_named = database.pid is not None or found.name == database.name
    return "" if found.host in hosts and found.port in ports and is_named else "not the run's own"


def _foreign_file(found: SiteDatabase, database: RunningDatabase, application: Path) -> str:
    has_file = isinstance(database.system, DatabaseFile)
    if has_file and (application / found.name).resolve() == Path(database.name).resolve():
        return ""
    if found.alias == "default":
        # Between trials the kit puts its own file back, and no other.
        return "not the run's own" if has_file else f"no {database.system.label}, which this run would measure"
    return "" if _is_of_the_copy(found.name, application) else "a file outside the run's copy of the site"


def _is_of_the_copy(name: str, application: Path) -> bool:
    if ":memory:" in name or "mode=memory" in name:
        return True
    return (application / name.removeprefix("file:").partition("?")[0]).resolve().is_relative_to(application.resolve())


def _refusal(found: SiteDatabase, why: str, database: RunningDatabase) -> str:
    kind = found.engine.rpartition(".")[2]
    return (
        f"application.environment: the site's database {found.alias!r} is {kind} at {found.place}: {why}; nothing was "
        "run; let the settings take it from a variable, and set that here, such as "
        f'DATABASE_URL = "${{database.url}}"{_this_time(database)}'
    )


def _this_time(database: RunningDatabase) -> str:
    where = f"{database.host}:{database.port}" if database.host else database.name
    return f" (this time at {where})" if where else ", with its system in [database]"


def _settings(child: Child) -> Mapping[str, Any]:
    try:
        demand_end(child, deadline_s=DEADLINE_S)
    except DeploymentError as error:
        raise DeploymentError(
            "application: the site cannot be loaded, so nobody can tell which database it would write to; nothing was "
            f"run: {error}"
        ) from error
    printed = child.output().rpartition(look_at_settings.PRINTED)[2]
    found: Mapping[str, Any] | None = json.loads(printed.splitlines()[0])
    return found or {}


def _site_database(found: Mapping[str, Any]) -> SiteDatabase:
    return SiteDatabase(
        **{key: found[key] for key in ("alias", "engine", "host", "port", "name")}, options=tuple(found["options"])
    )
