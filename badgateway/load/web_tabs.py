"""Adds the kit's tabs to Locust's web UI: tables that its page draws and asks for with its own statistics."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from badgateway.load.cookies import cookie_of
from badgateway.load.events import EventsInPlace
from badgateway.load.settings import Settings
from badgateway.load.web_guard import guard
from badgateway.model import raw
from badgateway.model.live_page import PAGE, TABLES, LiveTable, Rows
from badgateway.process.account import step_down

_STATISTICS = "/stats/requests"


def add_tabs(app: Flask, template_args: dict[str, Any], tables: Sequence[LiveTable], rows: Callable[[], Rows]) -> None:
    """Have the page draw the tables, with the rows that there are at that moment.

    Args:
        app: Of Locust's web UI, before its first request.
        template_args: What Locust tells its page.
        tables: From left to right.
        rows: Gives them, whenever the page asks for its statistics.
    """
    template_args["extended_tabs"] = [{"title": table.title, "key": table.key} for table in tables]
    template_args["extended_tables"] = [
        {
            "key": table.key,
            "structure": [{"key": key, "title": title} for key, title in table.columns.items()],
        }
        for table in tables
    ]

    def extend(response: Response) -> Response:
        if request.path == _STATISTICS and response.is_json:
            found = rows()
            statistics = [{"key": table.key, "data": found.get(table.key, [])} for table in tables]
            response.set_data(json.dumps({**response.get_json(), "extended_stats": statistics}))
        return response

    app.after_request(extend)


def looked(folder: Path) -> Rows:
    """Return the rows of the page file in a folder."""
    page = folder / PAGE
    # Until the first look there is none; it is replaced as a whole.
    if not page.exists():
        return {}
    found: Rows = json.loads(page.read_text(encoding="utf-8"))
    return found


def keep_to_its_owner(ui: Any, settings: Settings, target: str) -> EventsInPlace | None:
    """Let Locust's web UI answer its owner alone, with the kit's tabs, and give root up before it answers anybody.

    Returns:
        The file of events, which cannot be made any more by then; None where nothing is kept.
    """
    if ui.app is None:
        return None
    guard(ui.app, token=settings.ui_token, port=ui.port, target=target)
    events = None
    if settings.rows is not None:
        add_tabs(ui.app, ui.template_args, TABLES, partial(looked, settings.rows))
        events = EventsInPlace(settings.rows / raw.CLIENT_EVENTS)
    # Kept once they are read.
    cookie_of(0)
    step_down(settings.rows)
    return events
