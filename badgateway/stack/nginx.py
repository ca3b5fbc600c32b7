"""nginx's driver: its configuration file and how to start it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Timeouts
from badgateway.model.knob import FrontDoor
from badgateway.plan.templates import ADDRESS, NGINX, fill
from badgateway.process.account import Account
from badgateway.process.child import Command
from badgateway.servers.server import HTTP
from badgateway.stack.site import HOST, base_environment
from badgateway.stack.written import RUN_FOLDER

PID_FILE = f"{RUN_FOLDER}/nginx.pid"
"""Where the template puts it, below the folder nginx is started with."""
MAX_OPEN_FILES = 16_384


CONNECT_TIMEOUT_S = 10
"""A load balancer's own, which nobody can change."""
KEEP_OPEN = "keepalive 256; keepalive_timeout 60s; keepalive_requests 1000000;"
NO_STATIC = "# Every path is the application's: no folder is served from here."
_GUARD = "@{static}"
ONLY_READS = (
    "if ($request_method !~ ^(GET|HEAD|OPTIONS)$) {\n"
    '            return 403 "badgateway: this run may only read its database; see database.may_write";\n'
    "        }\n        "
)
CLOSE_EACH = (
    "# No keepalive: each request is a connection of its own, whatever this version of nginx takes as its default."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What the site's users see of it, and the site of them."""

    host: str | None = None
    """The name that the site is told; None is what the client sent."""
    scheme: str = "http"
    """What the site is told that its users speak."""
    static: Mapping[str, Path] = field(default_factory=dict)
    """Folders that are served here, by their paths in addresses."""
    reads_only: bool = False
    """Whether what may write to the site's database is refused."""


PLAIN = Face()


def render(  # noqa: PLR0913 # all but one by name
    template: str,
    *,
    protocol: str,
    front_door: FrontDoor = FrontDoor.NGINX,
    http: str = "1.1",
    upstreams: Sequence[str],
    port: int,
    timeouts: Timeouts,
    open_files: int,
    face: Face = PLAIN,
    address: str = HOST,
) -> str:
    """Return nginx.conf for one trial: in front of `upstreams`, paths or hosts and ports, on address:port.

    `protocol` is what the server prefers; `http` is the version spoken to one that speaks HTTP; `open_files` is how
    many files one process may open; `face` is how the site looks to its users.

    Raises:
        ConfigurationError: the template has an @{value} there is none of, or no place to keep a site from writing, or
            for an address of its own.
    """
    _require_marks(template, address, face)
    balances = front_door is FrontDoor.LOAD_BALANCER
    # A load balancer speaks HTTP and nothing else, whatever the server would speak.
    directives, scheme = ("proxy", "http://") if protocol == HTTP or balances else (protocol, "")
    limit = min(open_files, MAX_OPEN_FILES)
    values: dict[str, str | int] = {
        "address": address,
        "port": port,
        "upstream": _servers(upstreams),
        "pass": directives,
        "scheme": scheme,
        "http": http,
        "keep_open": KEEP_OPEN if balances else CLOSE_EACH,
        "connection": '""' if balances else "close",
        "connect_timeout_s": CONNECT_TIMEOUT_S if balances else timeouts.proxy_connect_s,
        "read_timeout_s": timeouts.proxy_read_s,
        "host": face.host or "$http_host",
        "forwarded_proto": "$scheme" if face.scheme == "http" else face.scheme,
        "static": (ONLY_READS if face.reads_only else "") + _static(face.static),
        "open_files": limit,
        # A client's connection and its upstream's are two; the last third is for temporary files.
        "connections": limit * 2 // 3,
    }
    return fill(NGINX, template, values)


def _require_marks(template: str, address: str, face: Face) -> None:
    if address != HOST and ADDRESS not in template:
        raise ConfigurationError(
            f"{NGINX}: has no {ADDRESS}, where it listens at {address}; write listen {ADDRESS}:@{{port}}"
        )
    if face.reads_only and _GUARD not in template:
        raise ConfigurationError(
            f"{NGINX}: has no {_GUARD}, where a run that may only read its database refuses all else; add it, or say "
            "database.may_write"
        )


def _servers(upstreams: Sequence[str]) -> str:
    """Return what stands behind `server` in the block of the upstream."""
    places = [f"unix:{one}" if one.startswith("/") else one for one in upstreams]
    if len(places) == 1:
        return places[0]
    # One server alone is asked whatever it did before. With max_fails as it comes, the first failure of one of several
    # would send everything to the others for 10 s, and nobody could tell what the servers do from what nginx does.
    return ";\n        server ".join(f"{place} max_fails=0" for place in places)


def _static(folders: Mapping[str, Path]) -> str:
    if not folders:
        return NO_STATIC
    # Longer prefixes win in any order; ^~ keeps regular expressions from winning over them.
    blocks = (f'location ^~ {path} {{\n            alias "{folder}/";\n        }}' for path, folder in folders.items())
    return "\n        ".join(blocks)


def command(raw: Path, written: Path, account: Account | None) -> Command:
    """Return the command for the nginx.conf in raw; what nginx writes itself goes to the folder `written`."""
    return Command(
        name="nginx",
        # -e: what happens before the configuration file is read would go to the system's own error log.
        argv=("nginx", "-e", "stderr", "-p", f"{written}/", "-c", str(raw / raw_files.NGINX_CONF)),
        environment=base_environment(written / RUN_FOLDER),
        directory=written,
        log=raw / raw_files.NGINX_LOG,
        account=account,
    )
