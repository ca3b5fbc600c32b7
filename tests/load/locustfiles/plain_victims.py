"""Plain users of Locust, one of each kind, that meet every fault once."""

import os

from locust import FastHttpUser, HttpUser, task

PATHS = os.environ["APP_PATHS"].split()


class Victim(HttpUser):
    fixed_count = 1
    met = 0

    def wait_time(self):
        return 0 if self.met < len(PATHS) else 60

    @task
    def meet(self):
        path = PATHS[self.met]
        self.met += 1
        self.client.get(path, name=f"http {path}")


class FastVictim(FastHttpUser):
    fixed_count = 1
    met = 0

    def wait_time(self):
        return 0 if self.met < len(PATHS) else 60

    @task
    def meet(self):
        path = PATHS[self.met]
        self.met += 1
        self.client.get(path, name=f"fast {path}")
