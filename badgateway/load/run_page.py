"""What Locust's web UI shows of a run that another process measures: its requests, the kit's tabs, and no buttons."""

from pathlib import Path
from typing import Any, Protocol

from flask import Flask, Response, request

from badgateway.load.progress import RowTail, outcome_of
from badgateway.load.web_guard import guard
from badgateway.load.web_tabs import add_tabs, looked
from badgateway.model.live_page import RUN, RUN_TABLES, Rows, RunPage
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS, CLIENT_ROWS
from badgateway.report.wording import long_name

_METHOD, _NAME, _START, _END, _BYTES = map(CLIENT_COLUMNS.index, ("method", "name", "start_s", "end_s", "body_bytes"))
_NO_ORDERS = "<style>header .MuiButton-contained { display: none; }</style>"
"""Takes away the page's buttons for editing and stopping a load, which are refused."""


class Statistics(Protocol):
    """What is needed of Locust's own statistics."""

    history: Any

    def clear_all(self) -> None:
        """Forget all requests, and the history."""

    def log_request(self, method: str, name: str, response_time: int, content_length: int) -> None:
        """Count a request."""

    def log_error(self, method: str, name: str, error: str) -> None:
        """Count a failure."""


class Feed:
    """Takes the requests of the trial in flight into Locust's statistics."""

    def __init__(self, stats: Statistics) -> None:
        """Begin without a trial."""
        self._stats = stats
        self._folder = ""
        self._rows: RowTail | None = None

    def look(self, page: RunPage) -> None:
        """Take what came since the last look; a trial that begins is counted anew."""
        if page.raw and page.raw != self._folder:
            self._folder, self._rows = page.raw, RowTail(Path(page.raw) / CLIENT_ROWS)
            # The charts go over the whole run.
            history = self._stats.history
            self._stats.clear_all()
            self._stats.history = history
        for cells in self._rows.look() if self._rows else ():
            self._take(cells)

    def _take(self, cells: list[str]) -> None:
        method, name = cells[_METHOD], cells[_NAME].removeprefix(f"{cells[_METHOD]} ")
        took_ms = round((float(cells[_END]) - float(cells[_START])) * 1000)
        self._stats.log_request(method, name, took_ms, int(cells[_BYTES]))
        outcome = outcome_of(cells)
        if outcome is not Outcome.OK:
            self._stats.log_error(method, name, long_name(outcome))


def read_page(folder: Path) -> RunPage:
    """Return what the run says of itself now."""
    return RunPage.from_json((folder / RunPage.FILE).read_text(encoding="utf-8"))


def make_page(app: Flask, template_args: dict[str, Any], folder: Path, *, token: str, port: int) -> None:
    """Give Locust's page the tabs of a run, its owner's token, and no buttons."""
    guard(app, token=token, port=port, target=None)
    add_tabs(app, template_args, RUN_TABLES, lambda: _rows(folder))

    def without_orders(response: Response) -> Response:
        if request.path == "/" and response.mimetype == "text/html":
            response.set_data(response.get_data(as_text=True).replace("</head>", f"{_NO_ORDERS}</head>"))
        return response

    app.after_request(without_orders)


def _rows(folder: Path) -> Rows:
    return {RUN.key: read_page(folder).rows, **looked(folder)}
