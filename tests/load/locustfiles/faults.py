"""One user that meets every fault once, another that finds no server."""

import os

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser
from badgateway.load.wire import Connection
from experiments.workbook import WorkbookCheck

PATHS = os.environ["APP_PATHS"].split()
CHECKS = {"/ok": lambda: StartsWith(b"{"), "/html": lambda: StartsWith(b"{")}


class Victim(RecordedUser):
    fixed_count = 1
    met = 0

    def wait_time(self):
        return 0 if self.met < len(PATHS) else 60

    @task
    def meet(self):
        path = PATHS[self.met]
        self.met += 1
        check = WorkbookCheck() if "workbook" in path else CHECKS.get(path, lambda: None)()
        self.fetch("GET", path, name=path, check=check)


class Stranger(RecordedUser):
    fixed_count = 1

    def wait_time(self):
        return 60

    @task
    def knock(self):
        self._connection = Connection.to(f"http://127.0.0.1:{os.environ['APP_CLOSED_PORT']}")
        self.fetch("GET", "/refused", name="/refused")
