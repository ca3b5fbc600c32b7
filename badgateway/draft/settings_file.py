"""Writes settings for a run of a Django site whose own ones take no variable for what a run has to change.

The site's settings stay as they are: those here begin with all of them, and are named to runs alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from badgateway.databases.database_kind import LEADS_ELSEWHERE, DatabaseFile
from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import kind_of
from badgateway.draft.inspected import FoundDatabase, Inspected
from badgateway.draft.variables import RANDOM, Variables

FILE = PurePosixPath("loadtest/site_settings.py")
MODULE = ".".join(FILE.with_suffix("").parts)
SETTINGS = "DJANGO_SETTINGS_MODULE"
_KEY = "SITE_SECRET_KEY"
_FILE = "SITE_DATABASE_FILE"
_DATABASE = {"HOST": "host", "PORT": "port", "NAME": "name", "USER": "user", "PASSWORD": "password"}
_NO_KEY = "SECRET_KEY setting must not be empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a run has to change of a site's settings, and cannot by a variable."""

    debug: bool = False
    database: bool = False
    file: bool = False
    """Whether that is one."""
    key: bool = False
    hosts: bool = False

    @property
    def are_some(self) -> bool:
        """Whether there is anything to change."""
        return self.debug or self.database or self.file or self.key or self.hosts

    @property
    def reasons(self) -> str:
        """What they change, in words."""
        words = {
            "DEBUG is True": self.debug,
            "its database is named in the settings": self.database or self.file,
            "it has no SECRET_KEY": self.key,
            "it allows no host": self.hosts,
        }
        return ", ".join(text for text, holds in words.items() if holds)


def needed(site: Inspected, variables: Variables) -> Changes:
    """Return what is left to change when all variables that were found are set."""
    found = site.database
    return Changes(
        debug=site.debug,
        database=bool(found and is_served(found)) and not variables.leads_to_database,
        file=bool(found and is_file(found)) and not variables.leads_to_database,
        key=lacks_key(site),
        hosts=not site.error and not site.allowed_hosts,
    )


def lacks_key(site: Inspected) -> bool:
    """Tell whether the settings have no SECRET_KEY at all, so that nothing of Django's can be loaded."""
    return not site.has_key or (_NO_KEY in site.error and not site.missing)


def settings_text(module: str, changes: Changes) -> str:
    """Return the text of the settings."""
    return "\n".join(_lines(module, changes)) + "\n"


def _lines(module: str, changes: Changes) -> Iterator[str]:
    yield f'"""Settings for runs of badgateway: those of {module}, and what has to differ ({changes.reasons})."""'
    yield ""
    if changes.database or changes.file or changes.key:
        yield "import os"
        yield ""
    yield f"from {module} import *  # noqa: F403"
    yield ""
    if changes.debug:
        yield "DEBUG = False"
    if changes.hosts:
        yield 'ALLOWED_HOSTS = ["127.0.0.1", "localhost"]'
    if changes.key:
        yield f'SECRET_KEY = os.environ["{_KEY}"]'
    if changes.database:
        yield 'DATABASES["default"] |= {  # noqa: F405'
        yield from (f'    "{setting}": os.environ["{_variable(setting)}"],' for setting in _DATABASE)
        yield "}"
        yield f"for _name in {LEADS_ELSEWHERE!r}:".replace("'", '"')
        yield '    DATABASES["default"].get("OPTIONS", {}).pop(_name, None)  # noqa: F405'
    if changes.file:
        yield f'DATABASES["default"]["NAME"] = os.environ["{_FILE}"]  # noqa: F405'


def with_settings(variables: Variables, changes: Changes) -> Variables:
    """Return the variables that name these settings, and that they take."""
    found = variables.with_one(SETTINGS, MODULE, f"the site's own settings, but {changes.reasons}")
    if changes.key:
        found = found.with_one(_KEY, RANDOM, "a secret: each run draws its own")
    if changes.file or changes.database:
        # All of the way is theirs now.
        found = replace(found, fixed=())
    if changes.file:
        found = found.with_one(_FILE, "${database.name}", "the file of the site's database")
    if changes.database:
        for setting, part in _DATABASE.items():
            found = found.with_one(_variable(setting), f"${{database.{part}}}", "leads to the site's database")
    return found


def example(variables: Variables) -> Mapping[str, str]:
    """Return values with which these settings can be loaded where there is no run."""
    given = {
        _KEY: "badgateway-made-this-up",
        _FILE: "badgateway-made-this-up.db",
        **{_variable(setting): "61234" for setting in _DATABASE},
    }
    return {name: value for name, value in given.items() if name in variables.values}


def is_file(found: FoundDatabase) -> bool:
    """Tell whether a site's database is a file, of which a run has its own."""
    return isinstance(kind_of(found.engine), DatabaseFile)


def is_served(found: FoundDatabase) -> bool:
    """Tell whether a site's database is a server's, on another machine or on this one: by a socket it has no host."""
    return bool(found.host) or isinstance(kind_of(found.engine), DatabaseSystem)


def _variable(setting: str) -> str:
    return f"SITE_DATABASE_{setting}"
