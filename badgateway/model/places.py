"""Where the parts of a run stand: beside each other, or each at the other end of a line, and what its kernel allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from badgateway.model.declared import Declared

MOST_MS = 1000
MOST_LOSS = 0.5
KERNEL_FILES: Mapping[str, str] = MappingProxyType(
    {
        "somaxconn": "net/core/somaxconn",
        "ip_local_port_range": "net/ipv4/ip_local_port_range",
        "tcp_max_syn_backlog": "net/ipv4/tcp_max_syn_backlog",
    }
)
"""Below /proc/sys, the limits that each network has for itself, by their keys."""
_Number = Annotated[int, Field(ge=1, le=65_535)]
_Port = Annotated[int, Field(ge=1024, le=65_535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What was in force in the network of a place, as its kernel told it."""

    somaxconn: int
    """Ceiling of every accept queue."""
    ip_local_port_range: tuple[int, int]
    """Ports from which connections are made: the first and the last."""
    tcp_max_syn_backlog: int
    """Connections that are half made, of one listening socket."""


class Line(Declared, BaseModel):
    """What lies between a part and the site."""

    round_trip_ms: Annotated[float, Field(ge=0, le=MOST_MS)] = 0.0
    """How much longer a packet and its answer are on the way, half of it each."""
    loss: Annotated[float, Field(ge=0, le=MOST_LOSS)] = 0.0
    """Share of the packets that do not arrive, in each direction."""

    @property
    def is_far(self) -> bool:
        """Whether anything is done to a packet."""
        return bool(self.round_trip_ms or self.loss)

    @property
    def kernel_settings(self) -> dict[str, str]:
        """What the kernel is told of the network at its end, by the file."""
        return {}


class Place(Line):
    """A machine of its own, as far as the network goes: the line that leads to it, and its kernel's limits.

    A limit that is not said is what the kernel gives each new network, and so each container; not this machine's own.
    """

    somaxconn: _Number | None = None
    ip_local_port_range: tuple[_Port, _Port] | None = None
    tcp_max_syn_backlog: _Number | None = None

    @model_validator(mode="after")
    def _a_range_goes_up(self) -> Self:
        ports = self.ip_local_port_range
        if ports is not None and ports[0] >= ports[1]:
            message = f"ip_local_port_range: [{ports[0]}, {ports[1]}] goes down; write the lowest port first"
            raise ValueError(message)
        return self

    @property
    def kernel_settings(self) -> dict[str, str]:
        """What the kernel is told of the network there, by the file."""
        ports = self.ip_local_port_range
        texts = {
            "somaxconn": self.somaxconn,
            "ip_local_port_range": f"{ports[0]} {ports[1]}" if ports else None,
            "tcp_max_syn_backlog": self.tcp_max_syn_backlog,
        }
        return {KERNEL_FILES[key]: str(text) for key, text in texts.items() if text is not None}


class Places(Declared, BaseModel):
    """The parts that have a machine of their own, as far as the network goes; all others are where the kit is."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """How many workers that join the run send the load; --workers-expected says so, and where they come."""
    load: Place | None = None
    """Locust's; None: where the kit is."""
    proxy: Place | None = None
    """That of nginx, as the load sees it."""
    target: Place | None = None
    """That of the application servers, as nginx sees it."""
    database: Line | None = None
    """That of the database, as the site sees it; None: over loopback."""

    @property
    def lines(self) -> dict[str, Line]:
        """What lies between the site and each part that stands elsewhere, by its key."""
        every = {"load": self.load, "proxy": self.proxy, "target": self.target, "database": self.database}
        return {key: line for key, line in every.items() if line is not None}
