"""A client library of the application's: how it is called, how it connects, and how a site is told of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoSettings:
    """How Django is told to connect with a driver: what it adds to an entry of DATABASES."""

    engine: str
    options: Mapping[str, object] = field(default_factory=dict)
    """OPTIONS where nothing else was asked for."""
    options_with_tls: Mapping[str, object] | None = None
    """OPTIONS where a configuration asks for TLS; None where that makes no difference."""
    first: tuple[str, ...] = ()
    """Lines of Python before DATABASES."""
    packages: tuple[str, ...] = ()
    """What is to be installed for it."""
    build_packages: tuple[str, ...] = ()
    """Debian's packages without which those cannot be installed."""
    runtime_packages: tuple[str, ...] = ()
    """Debian's packages without which they cannot be imported."""
    pool: Callable[[int], "PooledSettings"] | None = None
    """The same with a pool of that size; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledSettings:
    """What changes where each process lends its connections out of a pool."""

    engine: str
    entry: Mapping[str, object] = field(default_factory=dict)
    """Keys beside OPTIONS."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Further OPTIONS."""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A client library of the application's."""

    name: str
    """As configurations and DB_DRIVER call it."""
    distribution: str
    """The Python package whose version matters."""
    module: str
    """Has connect(), as PEP 249 has it."""
    plain: tuple[str, Mapping[str, object]]
    """What it is called where it connects as the application does, and the options of connect() for it."""
    with_tls: tuple[str, Mapping[str, object]] | None = None
    """The same where a configuration asks for TLS; None where that makes no difference."""
    name_argument: str = "database"
    """What connect() calls the database's name."""
    without_pool: str = ""
    """Why a configuration with it may have no pool; empty where it may."""
    django: DjangoSettings | None = None
    """How a site that is deployed is told of it; None: nobody has said it."""
    blocks: str = ""
    """Why it lets no other greenlet run while it waits; empty where it does."""
    about_connects: str = ""
    """A sentence for readers of a report about what its connects cost unawares; empty where there is no such thing."""

    def client(self, *, tls: bool) -> str:
        """Return what the way in which the application connects is called where its cost is measured."""
        return (self.with_tls if tls and self.with_tls else self.plain)[0]

    @property
    def ways(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """All ways in which it can connect: what it is called, and the options of connect()."""
        return (self.plain, self.with_tls) if self.with_tls else (self.plain,)
