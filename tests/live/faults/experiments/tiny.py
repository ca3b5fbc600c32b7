"""Users who ask for what never fails."""

from locust import constant, task

from badgateway.load.recorder import RecordedUser


class Asker(RecordedUser):
    """Somebody who asks ten times a second."""

    wait_time = constant(0.1)

    @task
    def look(self) -> None:
        """Ask for what never fails."""
        self.fetch("GET", "/ok", name="/ok")
