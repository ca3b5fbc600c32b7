"""Two kinds of users; those of one do something before their first task."""

from locust import task

from badgateway.load.recorder import RecordedUser


class Seldom(RecordedUser):
    weight = 1

    @task
    def ask(self):
        self.fetch("GET", "/ok", name="seldom")


class Often(RecordedUser):
    weight = 9

    def on_start(self):
        # Of an open loop each has its moment already, so nobody is a minute late.
        self.come_within(60)
        self.fetch("GET", "/ok", name="arrive")

    @task
    def ask(self):
        self.fetch("GET", "/ok", name="often")
