"""The kit's own users, without a pause."""

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser, between


class Reader(RecordedUser):
    """Asks for one small page, again and again."""

    wait_time = between(0, 0)

    @task
    def read(self) -> None:
        """Ask."""
        self.fetch("GET", "/", name="GET /", check=StartsWith(b'{"page":'))
