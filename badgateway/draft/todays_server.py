"""What runs today with its numbers: those that the server's own parser, or the command and its file, say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from badgateway.model.configuration import WorkerModel

Setting = int | bool | str
_OF_GREENLETS = "greenlets"


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysServer:
    """What a run's configuration of today's command comes to."""

    settings: Mapping[str, Setting]
    """As configurations call them."""
    limit_s: int | None
    """Of a request, or of a worker without a sign of life; None where it has none."""


def todays_server(told: Mapping[str, Any], model: WorkerModel | None) -> TodaysServer:
    """Return it by what was told of the command, see `OwnCommand`."""
    left_out = {"app_s", "model", *([] if model is WorkerModel.GREENLETS else [_OF_GREENLETS])}
    settings = {key: value for key, value in told.items() if key not in left_out}
    return TodaysServer(settings=settings, limit_s=told.get("app_s") or None)
