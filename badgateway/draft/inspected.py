"""What a site was found to be when it was loaded with its own Python: the answer of stack/inspect_site.py."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from badgateway.errors import DeploymentError
from badgateway.model.decoding import first_fault


class _Told(BaseModel):
    # A site can print what it likes: what is no answer is refused, and what a later script tells more is left out.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Route(_Told):
    """A pattern of addresses that the site answers to."""

    pattern: str
    is_regex: bool = False
    name: str = ""
    view: str = ""
    """Module and function or class."""
    converters: Mapping[str, str] = {}
    """The kind of each value in the pattern, such as IntConverter."""
    methods: tuple[str, ...] = ()
    """Empty: not known."""
    home: str = ""
    """The path that an expression answers to when it has nothing to match, such as / of a site that is all pages."""


class FoundDatabase(_Told):
    """A database that the site's settings name."""

    alias: str
    engine: str
    host: str = ""
    port: str = ""
    name: str = ""
    user: str = ""
    has_password: bool = False
    has_marked_password: bool = False
    """Whether that is the one which stands for a run's: it has to come from a variable then."""
    driver: str = ""
    """The module that the site connects with, as far as it was seen."""
    scheme: str = ""
    """How its address begins, where the site has it in one."""
    query: str = ""
    options: tuple[str, ...] = ()
    """The names of what its driver is told besides."""
    source: str = "the settings"
    """What shows it."""

    @property
    def place(self) -> str:
        """Where it is, in words; its password is not known here."""
        if not self.host:
            return self.name or "no address"
        return f"{self.host}{f':{self.port}' if self.port else ''}/{self.name}"


class Attempt(_Told):
    """What the site tried to reach while it was loaded, and was kept from."""

    address: str
    by: str = ""
    """File and line of the site; empty where a library did it while it was imported."""


class Inspected(_Told):
    """A site as its own Python loads it; `error` says why it could not."""

    python: str
    prefix: str
    packages: Mapping[str, str] = {}
    """The versions of all that is installed for it, by name in small letters."""
    required: tuple[str, ...] = ()
    """Those that the repository's own files ask for; not known to the script."""
    imported: tuple[str, ...] = ()
    """Frameworks that it had imported in the end."""
    error: str = ""
    where: str = ""
    missing: str = ""
    """The variable for want of which it could not be loaded."""
    kind: str = ""
    target: str = ""
    """What a server loads: `module:object`."""
    absent: tuple[str, ...] = ()
    """What was looked for before, and is not there."""
    is_async: bool = False
    settings_module: str = ""
    debug: bool = False
    has_key: bool = True
    """Whether Django's settings have a SECRET_KEY."""
    flags: Mapping[str, bool] = {}
    texts: Mapping[str, str] = {}
    allowed_hosts: tuple[str, ...] = ()
    proxy_ssl_header: tuple[str, ...] = ()
    static_root: str = ""
    """Relative to the repository; empty where it is elsewhere, or none."""
    has_sessions: bool = False
    databases: tuple[FoundDatabase, ...] = ()
    remote: Mapping[str, str] = {}
    commands: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    variables: Mapping[str, bool] = {}
    """Each variable that the site's own code asked for, and whether it was there."""
    tried: tuple[Attempt, ...] = ()

    @property
    def database(self) -> FoundDatabase | None:
        """The one that counts; None where the site shows none."""
        return next((one for one in self.databases if one.alias == "default"), next(iter(self.databases), None))

    @property
    def is_redirected(self) -> bool:
        """Whether it sends every plain request to HTTPS."""
        return self.flags.get("SECURE_SSL_REDIRECT", False)


def inspected(answer: str) -> Inspected:
    """Return what a site was found to be.

    Raises:
        DeploymentError: It is no such answer.
    """
    try:
        found = Inspected.model_validate_json(answer)
    except ValidationError as error:
        place, fault = first_fault(error)
        raise DeploymentError(
            f"the site printed something else than what it was asked for ({place}: {fault}); is another program "
            "named with --python?"
        ) from None
    # A site that was loaded by its manage.py says itself what a server is to load.
    module, _, name = found.texts.get("WSGI_APPLICATION", "").rpartition(".")
    return found if found.target or not module else found.model_copy(update={"target": f"{module}:{name}"})
