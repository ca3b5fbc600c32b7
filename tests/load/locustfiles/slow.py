"""Users whose every answer takes 0.3 s, asked twice in a task."""

from locust import task

from badgateway.load.recorder import RecordedUser


class Patient(RecordedUser):
    @task
    def ask_twice(self):
        self.fetch("GET", "/late", name="first")
        self.fetch("GET", "/late", name="second")
