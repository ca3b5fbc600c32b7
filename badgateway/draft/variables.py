"""Which of a site's variables lead to its database: found by changing them, and not by reading its code."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from badgateway.databases.database_kind import LEADS_ELSEWHERE, DatabaseFile, DatabaseKind
from badgateway.databases.registry import databases, kind_of
from badgateway.draft.inspected import FoundDatabase, Inspected
from badgateway.model.masking import is_secret_name

MOST_FILLED = 10
RANDOM = "${random}"
"""What a secret is in the experiment's file: each run draws its own."""
OF_RUN = "${database."
URL = f"{OF_RUN}url}}"
_PART = re.compile(r"\$\{database\.(\w+)\}")
_HOST, _PORT = "badgateway-host", "61234"
_NAME, _USER, _WORD = "badgateway_name", "badgateway_user", "badgateway_word"
_OTHER_FILE = f"/badgateway/{_NAME}"
_MARKS = {"host": _HOST, "port": _PORT, "name": _NAME, "user": _USER}
MARKED_PASSWORD = _WORD
"""The script that looks at a site says of a password just whether it is this one."""
MARKED_HOST = "badgateway.example"
_OF_DATABASES = ("DB", "DATABASE", "SQL", "POSTGRES", "PG", "MARIA", "RDS")
_ADDRESSES = ("URL", "URI", "DSN")
_KINDS = (
    ("host", ("HOST", "HOSTNAME", "SERVER", "ADDR")),
    ("port", ("PORT",)),
    ("user", ("USER", "USERNAME", "ROLE")),
    ("password", ("PASSWORD", "PASSWD", "PASS", "PWD")),
    ("name", ("NAME", "DB", "DATABASE")),
)
_FILLERS = (
    (("PORT", "TIMEOUT"), "25"),
    (("HOSTS", "DOMAIN"), "127.0.0.1"),
    (("DEBUG",), "False"),
    (("MAIL",), "badgateway@badgateway.invalid"),
)
"""By words in the name of a variable: what it is given where the site does not load without it."""
_FILLED_ADDRESSES = (
    # What is no address of its kind, their libraries refuse.
    (("SENTRY",), "http://badgateway@badgateway.invalid/1"),
    (("REDIS", "CACHE", "BROKER", "CELERY"), "redis://badgateway.invalid:6379/0"),
    (("MAIL", "SMTP"), "smtp://badgateway.invalid:25"),
    (("",), "http://badgateway.invalid/"),
)
"""The same of addresses, whose names have a word of `_ADDRESSES`."""
_ASYNC = "sqlalchemy.ext.asyncio"
"""Imported by a site that connects from an event loop."""
_SETTINGS = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What the site is to be given: by name, each with why."""

    values: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    """Parts of the way to the database that no variable leads, such as its user: the others lead half of it."""

    def with_one(self, name: str, value: str, why: str) -> "Variables":
        """Return these and another one, or another value of one."""
        return replace(self, values={**self.values, name: value}, reasons={**self.reasons, name: why})

    @property
    def leads_to_database(self) -> bool:
        """Whether they lead to the run's database: half of the way leads to another one, or nowhere."""
        return any(OF_RUN in value for value in self.values.values()) and not self.fixed


def is_drawn(name: str) -> bool:
    """Tell whether a variable is a secret that each run can draw: an address, such as SENTRY_DSN, has to be one."""
    return is_secret_name(name) and not set(_ADDRESSES) & set(name.upper().split("_"))


def filler(name: str, site: Inspected, *, is_number: bool = False) -> str:
    """Return something for a variable that a site cannot be loaded without; it comes from no file of the user's."""
    upper = name.upper()
    if is_database_address(name):
        scheme = scheme_of(site)
        if isinstance(kind_of(scheme), DatabaseFile):
            return f"{scheme}:///{_OTHER_FILE}"
        return f"{scheme}://{_USER}:{_WORD}@{_HOST}:{_PORT}/{_NAME}"
    if is_number:
        return "25"
    known = _FILLED_ADDRESSES if any(word in upper for word in _ADDRESSES) else _FILLERS
    return next((value for words, value in known if any(word in upper for word in words)), "badgateway-made-this-up")


def as_written(name: str, value: str) -> str:
    """Return what the experiment's file has for a variable that was filled in."""
    if is_database_address(name):
        return address_written(value)
    return RANDOM if is_drawn(name) else value


def is_database_address(name: str) -> bool:
    """Tell whether a variable is an address of a database, by its name."""
    upper = name.upper()
    return any(word in upper for word in _OF_DATABASES) and any(word in upper for word in _ADDRESSES)


def scheme_of(site: Inspected) -> str:
    """Return how the site's addresses of databases begin: as its own does, else by its installed drivers."""
    found = site.database
    if found and found.scheme and served_elsewhere(site) is None:
        return found.scheme
    # Helpers of Django's know the system alone; SQLAlchemy is told the driver, or takes one that may not be installed.
    names_driver = "sqlalchemy" in site.imported and "django" not in site.imported
    for system, module in _installed(site, site.required, site.packages):
        plain = system.scheme or system.name
        return f"{plain}+{module.lower()}" if names_driver else plain
    if found and found.scheme:
        return found.scheme
    file = next(one for one in databases() if isinstance(one, DatabaseFile))
    of_loops = next((one for one in file.async_drivers if one in site.packages), "")
    return f"{file.name}+{of_loops}" if of_loops and _ASYNC in site.imported else file.name


def served_elsewhere(site: Inspected) -> DatabaseKind | None:
    """Return the system that a site is deployed on whose own address is a file: that of a driver its files ask for."""
    if site.database is None or not isinstance(kind_of(site.database.engine), DatabaseFile):
        return None
    return next((system for system, _ in _installed(site, set(site.required) & set(site.packages))), None)


def _installed(site: Inspected, *packages: Iterable[str]) -> Iterator[tuple[DatabaseKind, str]]:
    """Yield the modules of drivers that are among packages, those of the first ones first, each with its system."""
    is_async = _ASYNC in site.imported
    for some in map(set[str], packages):
        for system in databases():
            served = () if isinstance(system, DatabaseFile) else system.async_drivers
            of_loops = [(system, one) for one in served if one in some]
            of_threads = [(system, one.module) for one in system.drivers if {one.name, one.distribution} & some - {""}]
            yield from (*of_loops, *of_threads) if is_async else (*of_threads, *of_loops)


def with_database(site: Inspected, variables: Variables) -> Inspected:
    """Return a site that shows no database, but takes the address of one, with that: its driver says which system."""
    led = next((name for name, value in variables.values.items() if OF_RUN in value), "")
    system, module = next(_installed(site, site.required, site.packages), (None, ""))
    if site.databases or not led or system is None:
        return site
    source = f"{led}, and the driver that is installed"
    found = FoundDatabase(alias="default", engine=system.name, host=_HOST, driver=module, source=source)
    return site.model_copy(update={"databases": (found,)})


def address_written(example: str) -> str:
    """Return the address of the run's database, as a site spells its own one."""
    scheme, _, _ = example.partition("://")
    query = urlsplit(example).query
    if "+" not in scheme and not query:
        return URL
    if isinstance(kind_of(scheme), DatabaseFile):
        return f"{scheme}:///${{database.name}}{f'?{query}' if query else ''}"
    where = "${database.user}:${database.password}@${database.host}:${database.port}/${database.name}"
    return f"{scheme}://{where}{f'?{query}' if query else ''}"


def marks(site: Inspected) -> dict[str, str]:
    """Return what to set to see which variables lead to the database: something that is known again for each."""
    return {name: mark for name in site.variables if name != _SETTINGS if (mark := _mark(name, site))}


def _mark(name: str, site: Inspected) -> str:
    if is_database_address(name):
        return filler(name, site)
    kind = _kind(name)
    return _MARKS.get(kind, _WORD) if kind else ""


def _kind(name: str) -> str:
    """Return what of a database a variable says, by its name; the settings tell whether it is so."""
    upper = name.upper()
    if not any(word in upper for word in _OF_DATABASES):
        return ""
    return next((kind for kind, words in _KINDS if any(upper.endswith(word) for word in words)), "")


def leading_to_database(site: Inspected, marked: Inspected, before: Variables) -> Variables:
    """Return the variables by which the site finds the run's database.

    Args:
        site: As it is.
        marked: As it is with `marks(site)` set.
        before: What it is given already.
    """
    found = marked.database
    if found is None or marked.error or not _is_marked(found):
        return before
    addresses = [name for name in site.variables if is_database_address(name)]
    is_whole = (found.name, found.user) == (_NAME, _USER) or found.name == _OTHER_FILE
    if addresses and (is_whole or not any(map(_kind, site.variables))):
        address = address_written(filler(addresses[0], site))
        return before.with_one(addresses[0], address, f"leads to the site's database{_deployed(site)}")
    return _single(site, found, before)


def _deployed(site: Inspected) -> str:
    system, alone = served_elsewhere(site), kind_of(site.database.engine if site.database else "")
    if system is None or alone is None:
        return ""
    return f": {system.label}, whose driver its files ask for; with nothing said it has {alone.label}"


def _is_marked(found: FoundDatabase) -> bool:
    """Tell whether a database is where it was marked to be: on another server, or in another file."""
    return bool({found.host, found.port} & {_HOST, _PORT}) or found.name.rpartition("/")[2] == _NAME


def _single(site: Inspected, found: FoundDatabase, before: Variables) -> Variables:
    variables = before
    for name in marks(site):
        kind = _kind(name)
        if kind and _leads(kind, found):
            variables = variables.with_one(name, f"${{database.{kind}}}", f"is the database's {kind}")
    return variables


def _leads(part: str, found: FoundDatabase) -> bool:
    """Tell whether a part of a database's address is the mark that a variable had."""
    return found.has_marked_password if part == "password" else getattr(found, part) == _MARKS[part]


def looked_at_again(variables: Variables, again: Inspected) -> Variables:
    """Return the variables with what of the way to the database they leave as it is.

    Args:
        variables: As they will be written.
        again: The site with an example of each, see `example_of`.
    """
    leads = any(OF_RUN in value for value in variables.values.values())
    found = again.database if leads and not again.error else None
    return replace(variables, fixed=fixed_parts(found)) if found else variables


def fixed_parts(found: FoundDatabase) -> tuple[str, ...]:
    """Return which parts of a database's address are not where the marks lead."""
    if isinstance(kind_of(found.engine), DatabaseFile):
        return () if found.name.rpartition("/")[2] == _NAME else ("file",)
    elsewhere = ["OPTIONS"] if set(found.options) & set(LEADS_ELSEWHERE) else []
    return (*(part for part in (*_MARKS, "password") if not _leads(part, found)), *elsewhere)


def example_of(name: str, value: str, site: Inspected) -> str:
    """Return what a variable is given where there is no run: of what is the database's, its mark."""
    if value in {RANDOM, URL}:
        return filler(name, site)
    scheme, is_address, _ = value.partition("://")
    # An address may lead to another system than the one that the site has by itself.
    engine = scheme if is_address else site.database.engine if site.database else scheme_of(site)
    is_file = isinstance(kind_of(engine), DatabaseFile)
    parts = {**_MARKS, "password": _WORD, **({"name": _OTHER_FILE} if is_file else {})}
    return _PART.sub(lambda found: parts.get(found[1], found[0]), value)


DRAWN = "a secret: each run draws its own"
MADE_UP = "the site does not load without it; this value is made up"
