"""Staff who download Excel exports; each file is read to its last byte and its rows are counted on the way."""

from locust import task

from badgateway.load.recorder import RecordedUser, between
from badgateway.load.workbook import WorkbookCheck


class Staff(RecordedUser):
    """Somebody who downloads the list of all members again and again."""

    wait_time = between(0.1, 0.3)

    @task
    def download(self) -> None:
        """Download all members; 200 is not success, the whole workbook is."""
        self.fetch("GET", "/members/export.xlsx", name="GET /members/export.xlsx", check=WorkbookCheck())
