"""One user who meets each of a site's troubles a few times; APP_KIND says which of Locust's users it is."""

import os
from typing import Any

from locust import FastHttpUser, HttpUser, User, task

from badgateway.load.recorder import RecordedUser

STEPS = os.environ["APP_STEPS"].split()
KIND = os.environ["APP_KIND"]


class Troubled(User):
    abstract = True
    client: Any
    met = 0

    def wait_time(self):
        return 0 if self.met < len(STEPS) else 60

    @task
    def meet(self):
        step = STEPS[self.met]
        self.met += 1
        self.ask(step)

    def ask(self, path):
        self.client.get(path)


class Recorded(Troubled, RecordedUser):
    abstract = KIND != "recorded"

    def ask(self, path):
        self.fetch("GET", path, name=path)


class Http(Troubled, HttpUser):
    abstract = KIND != "http"


class FastHttp(Troubled, FastHttpUser):
    abstract = KIND != "fast"
