"""Staff who download exports, each checked to its last byte, and visitors who meanwhile want small things."""

import json
import os
from collections.abc import Mapping
from urllib.parse import urlencode

import gevent
from locust import task

from badgateway.load.checks import ByContentType, CsvRows, Kept, StartsWith
from badgateway.load.recorder import RecordedUser, between
from experiments.old_workbook import OldWorkbookCheck
from experiments.workbook import WorkbookCheck

STRATEGY = os.environ.get("APP_EXPORT_STRATEGY", "annotated")
# Of so many users; the others are visitors. With 0 nobody exports.
STAFF = int(os.environ.get("APP_EXPORT_STAFF", "3"))
# How many rows they want; by default one a member.
ROWS = os.environ.get("APP_EXPORT_ROWS")
# How they ask: a link, or a form as in the story.
METHOD = os.environ.get("APP_EXPORT_METHOD", "GET")
# How long staff take nothing more once a file has begun to come, as on a bad line.
STALL_S = float(os.environ.get("APP_EXPORT_STALL_S", "0"))
# Between two exports of one of them, on average.
PAUSE_S = float(os.environ.get("APP_EXPORT_PAUSE_S", "0.2"))
# Before the first of them.
AFTER_S = float(os.environ.get("APP_EXPORT_AFTER_S", "0"))
# Between two pages of a visitor, on average.
VISITOR_PAUSE_S = float(os.environ.get("APP_PAUSE_S", "0.4"))
# Nobody clicks in the same second as the others; and what fails in one second counts as one event.
COME_WITHIN_S = 2.0
POLL_S = 0.5
EXPORT = "/members/export.xlsx"
WANTED = {"rows": ROWS} if ROWS else {}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHECKS = {XLSX: WorkbookCheck, "application/vnd.ms-excel": OldWorkbookCheck, "text/csv": CsvRows}


def target(**more: str) -> str:
    """Return the path of an export, with its query if it has one."""
    query = urlencode({**WANTED, **more})
    return f"{EXPORT}?{query}" if query else EXPORT


class Page(OldWorkbookCheck):
    """One page of an export in pages, which tells how many there are."""

    pages = 1

    def begin(self, headers: Mapping[str, str]) -> None:
        """Remember the number of pages."""
        super().begin(headers)
        self.pages = int(headers.get("x-export-pages", "1"))


class Stalled(ByContentType):
    """A file whose reader pauses after its first piece; meanwhile the connection takes what its buffers hold."""

    paused = STALL_S == 0

    def feed(self, chunk: bytes) -> None:
        """Look at the piece, and at the first one keep everybody waiting who would send more."""
        super().feed(chunk)
        if not self.paused:
            self.paused = True
            gevent.sleep(STALL_S)


class Staff(RecordedUser):
    """Somebody who downloads the list of all members again and again; 200 is not success, the whole file is."""

    abstract = STAFF == 0
    wait_time = between(0.5 * PAUSE_S, 1.5 * PAUSE_S)
    fixed_count = STAFF

    def on_start(self) -> None:
        """Come at some moment, and not all at once."""
        gevent.sleep(AFTER_S)
        self.come_within(COME_WITHIN_S)

    @task
    def download(self) -> None:
        """Get all rows, the way that the strategy under test gives them."""
        if STRATEGY == "paged":
            self._download_pages()
        elif STRATEGY == "job":
            self._have_it_made()
        else:
            self.fetch(METHOD, target(), name=f"{METHOD} {EXPORT}", check=Stalled(CHECKS))

    def _download_pages(self) -> None:
        page, number = Page(), 0
        while number < page.pages:
            number += 1
            page = Page()
            row = self.fetch("GET", target(page=str(number)), name=f"GET {EXPORT}?page=<n>", check=page)
            if row.error or row.status != 200:
                return

    def _have_it_made(self) -> None:
        order = Kept()
        self.fetch("GET", target(), name=f"GET {EXPORT}", expect=202, check=order)
        status_url = json.loads(order.body or b"{}").get("status_url")
        state = Kept()
        while status_url and json.loads(state.body or b'{"state": "READY"}')["state"] in {"READY", "RUNNING"}:
            gevent.sleep(POLL_S)
            state = Kept()
            row = self.fetch("GET", status_url, name="GET /exports/<id>/", check=state)
            if row.error or row.status != 200:
                return
        if status_url:
            # Of a job that failed there is no file, and that is what its row will say.
            file_url = f"{status_url}members.xlsx"
            self.fetch("GET", file_url, name="GET /exports/<id>/members.xlsx", check=WorkbookCheck())


class Visitor(RecordedUser):
    """Somebody who pages through the members while others export: whoever of the users is not staff."""

    wait_time = between(0.5 * VISITOR_PAUSE_S, 1.5 * VISITOR_PAUSE_S)

    def on_start(self) -> None:
        """Come at some moment of a long pause, and not all at once."""
        if VISITOR_PAUSE_S > 1:
            self.come_within(VISITOR_PAUSE_S)

    @task
    def list_members(self) -> None:
        """Look at one of the first pages."""
        page = self.random.randint(1, 5)
        self.fetch("GET", f"/members/?page={page}", name="GET /members/", check=StartsWith(b'{"page":'))
