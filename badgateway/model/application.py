"""The site that is under test, and what it takes to run it."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, Field

from badgateway.model.declared import (
    LONGEST_PATH_BYTES,
    Commands,
    Declared,
    OptionalCommand,
    ProjectPath,
    Variable,
    text_like,
)
from badgateway.model.printable import printable


class _Declared(Declared, BaseModel):
    # BaseModel again, for ruff: it looks no further than this file, and takes the defaults below for shared values.
    pass


WsgiName = Annotated[
    str,
    text_like(
        r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?",
        "a module and its object, such as shop.wsgi:application, or what makes one, such as shop:create_app()",
    ),
]
UrlPath = Annotated[
    str,
    Field(max_length=2000),
    text_like(r"/[!-~]*", "a path begins with / and has neither spaces nor letters beyond ASCII"),
]


PythonPath = Annotated[
    str,
    Field(max_length=LONGEST_PATH_BYTES),
    text_like(r"[^\x00-\x1f\x7f]*/[^\x00-\x1f\x7f/]+", "the path of the site's interpreter, such as .venv/bin/python"),
]


def _of_the_folder(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or parts[0] == "/" or ".." in parts or printable(pattern) != pattern:
        message = "a file or folder inside application.directory, such as media/seed"
        raise ValueError(message)
    return pattern


HostName = Annotated[
    str,
    Field(max_length=255),
    text_like(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?", "a host name, such as www.example.org"),
]
StaticUrl = Annotated[
    str, Field(max_length=255), text_like(r"/([\w.~-]+/)+", "a path that begins and ends with /, such as /static/")
]


def _without_spaces(path: PurePosixPath) -> PurePosixPath:
    # It becomes a part of nginx's configuration.
    if not all(letter.isalnum() or letter in "/._-" for letter in str(path)):
        message = "a folder whose path has letters, digits and ._- alone, such as staticfiles"
        raise ValueError(message)
    return path


DatabaseVariable = Annotated[str, Field(max_length=200), text_like(r"[A-Za-z_]\w*", "a variable, such as DATABASE_URL")]
LocalAddress = Annotated[
    str,
    text_like(r"127\.0\.0\.1:[1-9]\d{0,4}", "an address of this machine with its port, such as 127.0.0.1:6379"),
]
StaticFolder = Annotated[ProjectPath, AfterValidator(_without_spaces)]


class Health(_Declared):
    """What is asked to see whether the site is up, and what it must answer."""

    path: UrlPath = "/"
    status: Annotated[tuple[Annotated[int, Field(ge=200, le=599)], ...], Field(min_length=1)] = (200,)


class Application(_Declared):
    """The site under test and the commands that give every trial the same data."""

    directory: ProjectPath = PurePosixPath()
    python: PythonPath | None = None
    """The site's own interpreter, which has its packages, in the project or anywhere; None is the kit's own."""
    wsgi: WsgiName = "wsgi:application"
    asgi: WsgiName = "asgi:application"
    """What configurations start whose workers are event loops."""
    host: HostName | None = None
    """The name that the site's users know it by; nginx sends it. None is 127.0.0.1 with a port."""
    scheme: Literal["http", "https"] = "http"
    """What a balancer in front would tell the site in X-Forwarded-Proto; between client and nginx it is http."""
    health: Health | None = None
    """What is asked to see whether it is up."""
    health_path: UrlPath = "/"
    """The same, where there is no table of it: it must answer 200."""
    static: dict[StaticUrl, StaticFolder] = {}
    """Folders of the application's that nginx serves by itself, by their paths in addresses."""
    prepare: Commands = ()
    """Run once per experiment, one after the other: make the tables and load the data."""
    restore: OptionalCommand = ()
    """Run before every trial: takes back what the trial before it wrote. Without it the kit does so itself."""
    wait_path: UrlPath | None = None
    """A page that has the database wait for db_ms milliseconds; None: there is none, so worker checks are left out."""
    copied: Annotated[
        tuple[Annotated[str, Field(max_length=LONGEST_PATH_BYTES), AfterValidator(_of_the_folder)], ...],
        Field(max_length=100, validation_alias=AliasChoices("copy", "copied")),
    ] = ()
    """Files and folders of the application's that are copied for a run although git ignores them; as patterns."""
    database_variables: Annotated[tuple[DatabaseVariable, ...], Field(max_length=20)] = ()
    """All that lead the site to a database, where its settings cannot be looked at and it has no network of its own."""
    allow: Annotated[tuple[LocalAddress, ...], Field(max_length=20)] = ()
    """What the site may reach of this machine where it has a network of its own."""
    send_mail: bool = False
    """Whether a Django site may send its mail under load."""
    services: Annotated[
        tuple[Annotated[str, Field(max_length=80), text_like(r"[a-z]+", "the name of a service, such as redis")], ...],
        Field(max_length=20),
    ] = ()
    """What the site needs beside its database, of which a run starts one of its own."""
    environment: dict[Variable, str] = {}

    @property
    def allowed_ports(self) -> tuple[int, ...]:
        """The ports of it."""
        return tuple(int(one.rpartition(":")[2]) for one in self.allow)

    @property
    def probe(self) -> Health:
        """What is asked to see whether it is up."""
        return self.health or Health(path=self.health_path)

    @property
    def public_url(self) -> str | None:
        """The address that the site's users know, without a slash at its end; None where it has no name."""
        return None if self.host is None else f"{self.scheme}://{self.host}"
