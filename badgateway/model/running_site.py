"""A site that already runs somewhere: where it is, what may be done to it, and where its logs are."""

import re
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from badgateway.model.declared import LONGEST_PATH_BYTES, Command, Declared, ProjectPath, Share, text_like
from badgateway.model.printable import printable

AS_IT_IS = "as-it-is"
"""What its configuration is called where nobody names it."""
READS = ("GET", "HEAD")


class _Declared(Declared, BaseModel):
    # BaseModel again, for ruff: it looks no further than this file, and takes the defaults below for shared values.
    pass


_NAME = r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?"
"""Of a host as DNS has it: a name with an empty or an endless part would end in a trace where it is looked up."""


def address_of_site(url: str) -> str:
    """Return the base address of a site as the load takes it.

    Raises:
        ValueError: It is none, with what one looks like.
    """
    message = (
        "the address of a site in small letters and without a path, such as https://staging.example.org or "
        "http://[::1]:8080; a name with other letters is written as DNS has it: xn--mnchen-3ya.example"
    )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(message) from None
    named = f"[{host}]" if host and ":" in host else host
    plain = f"{parts.scheme}://{named}" + (f":{port}" if port is not None else "")
    is_host = host is not None and re.fullmatch(rf"[0-9a-f:.]*:[0-9a-f:.]*|{_NAME}", host) is not None
    # Port 0 is none, and would be taken for the usual one further on.
    if parts.scheme not in {"http", "https"} or not is_host or port == 0 or url.removesuffix("/") != plain:
        raise ValueError(message)
    return plain


def _printed(path: str) -> str:
    if printable(path) != path:
        message = "a path without control characters, such as /var/log/nginx/access.log"
        raise ValueError(message)
    return path


SiteUrl = Annotated[str, Field(max_length=300), AfterValidator(address_of_site)]
LogPath = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH_BYTES), AfterValidator(_printed)]
HostPort = Annotated[
    str, Field(max_length=300), text_like(r"[^\s/@]+", "a host as target.url has it, such as staging.example.org")
]


class LogCommand(_Declared):
    """A log that a command prints."""

    command: Command
    """Such as ["ssh", "staging", "cat", "/var/log/nginx/access.log"]; ${since} in it is when the load began."""


class RunningSite(_Declared):
    """The target of an experiment whose servers the run does not start."""

    url: SiteUrl
    i_may_load: HostPort | None = None
    """The host of the url, spelled out: whoever writes it says that it may be loaded."""
    i_may_write: HostPort | None = None
    """The same, for requests that may change something: all methods but GET and HEAD."""
    logs: Annotated[tuple[LogPath | LogCommand, ...], Field(max_length=20)] = ()
    """Of its proxy and its servers: files, by paths from the experiment's folder or /, and commands."""
    ca_file: ProjectPath | None = None
    """Certificates by which the site's own is checked, where the system's do not know it."""
    most_users: Annotated[int, Field(ge=1, le=5000)] = 50
    most_requests_per_s: Annotated[float, Field(gt=0, le=10_000)] = 50
    """Whatever the users would ask: beyond it they wait."""
    most_s: Annotated[float, Field(gt=0, le=3600)] = 120
    """Of warm-up and window of one trial."""
    stop_at_failure_share: Share = 0.5
    """The load ends when so many of the last 50 requests have failed, and more."""

    @property
    def host(self) -> str:
        """The host with its port, as the url has them."""
        return urlsplit(self.url).netloc

    @property
    def methods(self) -> tuple[str, ...]:
        """What may be sent; all when empty."""
        return () if self.i_may_write else READS

    def faults(self, *, users: int, load_s: float) -> Iterator[str]:
        """Yield what keeps it from being loaded, each with its key.

        Args:
            users: The most that an experiment asks for.
            load_s: Warm-up and window of a trial.
        """
        yield from _consent("i_may_load", self.i_may_load, self.host, "the load would go to", is_needed=True)
        yield from _consent("i_may_write", self.i_may_write, self.host, "what writes would go to", is_needed=False)
        if users > self.most_users:
            yield f"load.users: {users} are more than target.most_users ({self.most_users}); ask fewer, or raise it"
        if load_s > self.most_s:
            yield (
                f"load.window_s: with its warm-up a trial takes {load_s:g} s, more than target.most_s "
                f"({self.most_s:g}); make it shorter, or raise that"
            )


def _consent(key: str, said: str | None, host: str, where: str, *, is_needed: bool) -> Iterator[str]:
    if said == host or (said is None and not is_needed):
        return
    may = "load" if is_needed else "write to"
    told = "nobody has said that it may" if said is None else f"it says {said}"
    yield f'target.{key}: {where} {host}, and {told}; if you may {may} it, write {key} = "{host}"'
