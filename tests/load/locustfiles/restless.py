"""Users who hardly pause: each asks for the same small page more than forty times a second."""

from locust import constant, task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser


class Restless(RecordedUser):
    wait_time = constant(0.02)

    @task
    def read(self):
        self.fetch("GET", "/?page=1", name="GET /", check=StartsWith(b'{"page":'))
