"""Visitors who ask for nothing but what waits for the database."""

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser, between


class Waiter(RecordedUser):
    """Somebody who asks again at once."""

    wait_time = between(0.01, 0.05)

    @task
    def wait_for_database(self) -> None:
        """Ask for what takes the database 80 ms."""
        self.fetch("GET", "/wait/?db_ms=80", name="GET /wait/", check=StartsWith(b'{"db_ms":'))
