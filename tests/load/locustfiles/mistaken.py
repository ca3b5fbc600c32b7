"""A Locust file with a mistake in its task."""

from locust import task

from badgateway.load.recorder import RecordedUser, between


class Mistaken(RecordedUser):
    wait_time = between(0.1, 0.1)

    @task
    def divide(self):
        self.fetch("GET", "/ok", name="ok")
        raise ZeroDivisionError
