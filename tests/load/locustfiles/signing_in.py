"""A RecordedUser who signs in by a form, once."""

from locust import task

from badgateway.load.recorder import RecordedUser


class Member(RecordedUser):
    def wait_time(self):
        return 60

    @task
    def sign_in(self):
        self.fetch("POST", "/sign-in", name="sign in", data=[("user", "ann"), ("sign", "a&b")], expect=302)
        self.fetch("GET", "/ok", name="after it")
