"""Where the parts of a run stand: beside each other, or each at the other end of a line, and what its kernel allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from badgateway.model.declared import Declared

WORKERS = "workers"
"""The one key of [places] that is the command's to say."""
MOST_MS = 1000
MOST_LOSS = 0.5
KERNEL_FILES: Mapping[str, str] = MappingProxyType(
    {
        "somaxconn": "net/core/somaxconn",
        "ip_local_port_range": "net/ipv4/ip_local_port_range",
    }
)
"""Below /proc/sys, the limits that each network has for itself, by their keys."""
_Number = Annotated[int, Field(ge=1, le=65_535)]
_LOWEST, _HIGHEST = 1024, 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What was in force in the network of a place, as its kernel told it."""

    somaxconn: int
    """Ceiling of every accept queue."""
    ip_local_port_range: tuple[int, int]
    """Ports from which connections are made: the first and the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a line did with the packets of a trial, of both directions together."""

    packets: Annotated[int, Field(ge=0)]
    """That it was given."""
    dropped: Annotated[int, Field(ge=0)]
    """Of them, that it lost and was not to: for want of room, and not by the loss that was asked for."""

    @property
    def share(self) -> float:
        """Of the packets, those that it was not to lose."""
        return self.dropped / self.packets if self.packets else 0.0


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
    ip_local_port_range: tuple[int, int] | None = None

    @field_validator("ip_local_port_range", mode="before")
    @classmethod
    def _a_range_goes_up(cls, ports: object) -> object:
        # As a whole: who wrote a port too many or too few is not helped by the key of an element.
        if ports is None:
            return ports
        pair = ports if isinstance(ports, list | tuple) and len(ports) == 2 else ()
        if not pair or any(type(port) is not int or not _LOWEST <= port <= _HIGHEST for port in pair):
            message = f"input should be two ports from {_LOWEST} to {_HIGHEST}, such as [32768, 60999]"
            raise ValueError(message)
        # One port alone is a range that the kernel takes too.
        if pair[0] > pair[1]:
            message = f"[{pair[0]}, {pair[1]}] goes down; write the lowest port first"
            raise ValueError(message)
        return tuple(pair)

    @property
    def kernel_settings(self) -> dict[str, str]:
        """What the kernel is told of the network there, by the file."""
        ports = self.ip_local_port_range
        texts = {
            "somaxconn": self.somaxconn,
            "ip_local_port_range": f"{ports[0]} {ports[1]}" if ports else None,
        }
        return {KERNEL_FILES[key]: str(text) for key, text in texts.items() if text is not None}


class Places(Declared, BaseModel):
    """The parts that have a machine of their own, as far as the network goes; all others are where the kit is."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """How many workers that join the run send the load; said by --workers-expected, and by no file."""
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
