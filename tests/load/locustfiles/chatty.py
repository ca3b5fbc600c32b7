"""A user that prints more than it asks."""

import time

from locust import task

from badgateway.load.recorder import RecordedUser


class Chatty(RecordedUser):
    @task
    def talk(self) -> None:
        self.fetch("GET", "/ok", name="ok")
        print("x" * 65_536)  # noqa: T201
        time.sleep(0.001)
