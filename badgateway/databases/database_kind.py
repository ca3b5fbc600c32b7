"""What holds of any database, and of those that no server serves: a file, or none at all."""

from dataclasses import dataclass

from badgateway.databases.driver import Driver
from badgateway.model.evidence import ServerEvent

STANDARD_TEXT = "'(?:[^']|'')*(?:'|$)"
"""A text in a statement as standard SQL has it; one may be cut off where the statement was."""


LEADS_ELSEWHERE = ("unix_socket", "read_default_file", "read_default_group", "service", "host", "port")
"""Options of drivers, in Django's OPTIONS, by which a connection goes elsewhere than HOST and PORT say."""
NO_DATABASE = "none"
"""What experiments call it where a site has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLog:
    """What its server writes into a log of its own; each line begins with a date."""

    example: str
    """A line of it."""
    own: str
    """A regular expression that matches, from its beginning, a line that no other program writes."""
    words: tuple[str, ...]
    """One of them is in each such line."""
    texts: tuple[tuple[ServerEvent, str], ...]
    """What tells, behind the date, why the application's requests failed: regular expressions, and what each means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """What an experiment may have for its database; one that is nothing more is none, and nothing is started for it."""

    name: str
    """As experiments, files and logs call it: small letters."""
    label: str
    """The name as its makers write it."""
    engines: tuple[str, ...] = ()
    """Words in what sites call it: in the engine of Django's settings, in the scheme of an address."""
    scheme: str = ""
    """Of an address in a variable such as DATABASE_URL; empty: the name."""
    drivers: tuple[Driver, ...]
    """Those that a configuration may name, the recommended one first."""
    async_drivers: tuple[str, ...] = ()
    """Packages by which sites on an event loop connect: each is a module of its own name, that is reported as it is."""
    text_values: str = STANDARD_TEXT
    """The texts in its statements, as opposed to quoted names: a regular expression, in which white space is none."""
    error_texts: tuple[tuple[ServerEvent, str], ...] = ()
    """What its drivers and their pools write into an application's log: regular expressions, and what each means."""
    log: DatabaseLog | None = None
    """None: it has no server, or what that writes is not read."""
    about: str = ""
    """A sentence for readers of a report about what a site on it cannot do; empty where there is no such thing."""
    stands_for: str = ""
    """Another system, whose sites are measured on this one; sites do not tell which of the two they are on."""

    @property
    def log_kind(self) -> str:
        """What its log is called among the kinds of logs."""
        return f"{self.label} log"

    def driver(self, name: str) -> Driver | None:
        """Return the driver of that name; None when it is none of this system's."""
        return next((driver for driver in self.drivers if driver.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile(DatabaseKind):
    """One that is a file, which each process of the site opens by itself."""

    file: str
    """Its name in the run's own folder."""
    beside: tuple[str, ...] = ()
    """What its name is followed by in the names of files that belong to it while it is open."""
