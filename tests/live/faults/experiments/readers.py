"""Visitors who look at one page of the list after the other."""

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser, between


class Reader(RecordedUser):
    """Somebody who turns pages quickly."""

    wait_time = between(0.05, 0.1)

    @task
    def turn_page(self) -> None:
        """Look at a page."""
        page = self.random.randint(1, 10)
        self.fetch("GET", f"/members/?page={page}", name="GET /members/", check=StartsWith(b'{"page":'))
