"""One user who meets each failure once, with good requests before and after it."""

from locust import constant, task

from badgateway.load.recorder import RecordedUser

OK_BETWEEN = 5
FAULTS = ("/die", "/error", "/cut", "/sleep?s=2.5", "/drip")


class Unlucky(RecordedUser):
    """Goes through the list and is then idle for the rest of the trial."""

    wait_time = constant(3600)

    @task
    def go_through_the_list(self) -> None:
        """Never repeat anything: what is counted twice was counted wrongly."""
        for fault in FAULTS:
            self.look()
            self.fetch("GET", fault, name=fault)
        self.look()

    def look(self) -> None:
        """Ask for what never fails."""
        for _ in range(OK_BETWEEN):
            self.fetch("GET", "/ok", name="/ok")
