"""Users with two tasks, all choices seeded."""

from locust import task

from badgateway.load.recorder import RecordedUser, between


class Visitor(RecordedUser):
    wait_time = between(0.01, 0.05)

    @task(3)
    def look(self):
        self.fetch("GET", f"/ok?number={self.random.randint(1, 999)}&user={self.number}", name=f"look {self.number}")

    @task
    def post(self):
        self.fetch("POST", "/ok", name=f"post {self.number}", json={"points": 1})
