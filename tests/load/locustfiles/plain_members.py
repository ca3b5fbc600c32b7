"""Plain users of Locust who sign in by a form and look at a page for members: nothing here knows of the kit."""

import re
from typing import Any

from locust import FastHttpUser, HttpUser, User, between, task

TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')


class Member(User):
    abstract = True
    client: Any
    kind = ""
    wait_time = between(0.02, 0.1)

    def on_start(self):
        # Redirected from the page for members, as it is for who has not signed in.
        form = self.client.get("/home")
        (token,) = TOKEN.findall(form.text)
        fields = {"user": f"ann {self.kind}", "csrfmiddlewaretoken": token}
        with self.client.post("/login/", data=fields, name="sign in", catch_response=True) as answer:
            if f"hello ann {self.kind}" not in answer.text:
                answer.failure("not signed in")

    @task(3)
    def home(self):
        with self.client.get("/home", catch_response=True) as answer:
            if f"hello ann {self.kind}" not in answer.text:
                answer.failure("signed out")

    @task
    def look_for_nothing(self):
        with self.client.get("/items/17/missing", catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()

    @task
    def try_again(self):
        for _ in range(3):
            if self.client.get("/broken", name="retried").status_code == 200:
                break

    def on_stop(self):
        self.client.get("/logout")


class HttpMember(Member, HttpUser):
    kind = "http"


class FastMember(Member, FastHttpUser):
    kind = "fast"
