"""Users who ask for the same small page again and again."""

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser, between


class Reader(RecordedUser):
    wait_time = between(0.05, 0.15)

    @task(3)
    def read(self):
        page = self.random.randint(1, 999)
        self.fetch("GET", f"/?page={page}", name="GET /", check=StartsWith(b'{"page":'))

    @task
    def write(self):
        self.fetch("POST", "/", name="POST /", json={"points": self.random.randint(1, 999)})
