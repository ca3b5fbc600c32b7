"""One user who asks for what no browser would, with good requests before and after it."""

from locust import constant, task

from badgateway.load.recorder import RecordedUser

OK_BETWEEN = 5
LONG_BYTES = 100_000
ODD = (
    "/caf\xe9",  # sent as the one byte 0xE9, which is no UTF-8
    "/sleep\xe9?s=\xe9\xff",
    f"/{'x' * LONG_BYTES}",
    f"/?{'%e9' * (LONG_BYTES // 3)}",
    "/caf%e9?a,b=\"'|<script>\t\x1b[31m",
)


class Odd(RecordedUser):
    """Goes through the list, with each path in the request's name too, and is then idle for the rest of the trial."""

    wait_time = constant(3600)

    @task
    def go_through_the_list(self) -> None:
        """Never repeat anything: what is counted twice was counted wrongly."""
        for path in ODD:
            self.look()
            self.fetch("GET", path, name=f"GET {path[:20]}")
        self.look()

    def look(self) -> None:
        """Ask for what never fails."""
        for _ in range(OK_BETWEEN):
            self.fetch("GET", "/ok", name="GET /ok")
