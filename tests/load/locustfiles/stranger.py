"""A user of plain Locust, beside the recorder."""

from locust import User, task

from badgateway.load import recorder

assert recorder


class Stranger(User):
    @task
    def pass_by(self):
        pass
