"""Plain users of Locust who ask another host, and catch whatever happens."""

from locust import FastHttpUser, HttpUser, task


class Tourist(HttpUser):
    @task
    def travel(self):
        try:
            self.client.get("/ok")
            self.client.get("https://cdn.example.org/logo.png")
        except Exception:  # noqa: BLE001
            pass


class FastTourist(FastHttpUser):
    @task
    def travel(self):
        try:
            self.client.get("/ok")
            self.client.get("https://cdn.example.org/logo.png")
        except Exception:  # noqa: BLE001
            pass
