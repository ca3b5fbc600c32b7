"""Adds the kit's tabs to Locust's web UI: tables that its page draws and asks for with its own statistics."""

import json
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from badgateway.model.live_page import PAGE, TABLES

_STATISTICS = "/stats/requests"


def add_tabs(app: Flask, template_args: dict[str, Any], folder: Path) -> None:
    """Have the page draw the tables, with the rows that the page file in the folder has at that moment.

    Args:
        app: Of Locust's web UI, before its first request.
        template_args: What Locust tells its page.
        folder: Where the page file is, or is going to be.
    """
    template_args["extended_tabs"] = [{"title": table.title, "key": table.key} for table in TABLES]
    template_args["extended_tables"] = [
        {
            "key": table.key,
            "structure": [{"key": key, "title": title} for key, title in table.columns.items()],
        }
        for table in TABLES
    ]

    def extend(response: Response) -> Response:
        if request.path == _STATISTICS and response.is_json:
            rows = _rows(folder / PAGE)
            statistics = [{"key": table.key, "data": rows.get(table.key, [])} for table in TABLES]
            response.set_data(json.dumps({**response.get_json(), "extended_stats": statistics}))
        return response

    app.after_request(extend)


def _rows(page: Path) -> dict[str, Any]:
    # Until the first look there is none; it is replaced as a whole.
    if not page.exists():
        return {}
    found: dict[str, Any] = json.loads(page.read_text(encoding="utf-8"))
    return found
