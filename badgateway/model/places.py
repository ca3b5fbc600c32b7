"""Where the parts of a run stand: beside the site, or at the other end of a line."""

from typing import Annotated

from pydantic import BaseModel, Field

from badgateway.model.declared import Declared

MOST_MS = 1000
MOST_LOSS = 0.5


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


class Places(Declared, BaseModel):
    """The parts that have a machine of their own, as far as the network goes; proxy and server are where the kit is."""

    workers: Annotated[int, Field(ge=0, le=64)] = 0
    """How many workers that join the run send the load; --workers-expected says so, and where they come."""
    load: Line | None = None
    """Locust's; None: over loopback."""
    database: Line | None = None
    """That of the database, as the site sees it; None: over loopback."""

    @property
    def lines(self) -> dict[str, Line]:
        """What lies between the site and each part that stands elsewhere, by its key."""
        both = {"load": self.load, "database": self.database}
        return {key: line for key, line in both.items() if line is not None}
