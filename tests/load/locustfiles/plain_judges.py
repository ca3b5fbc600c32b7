"""Plain users of Locust, one of each kind, that do once whatever a file may do with an answer."""

from typing import Any

import requests
from locust import FastHttpUser, HttpUser, User, task
from locust.exception import RescheduleTask
from requests.adapters import HTTPAdapter
from urllib3 import Retry


class Judge(User):
    abstract = True
    fixed_count = 1
    client: Any
    kind = ""

    def wait_time(self):
        return 60

    @task
    def judge(self):
        self.client.post("/sign-in", data={"user": "ann", "sign": "a&b"}, name=f"{self.kind} sign in")
        self.client.get("/ok?id=7")
        self.judge_answers()
        self.retry()
        with self.client.get("/ok", name=f"{self.kind} left", catch_response=True):
            raise RescheduleTask

    def judge_answers(self):
        self.told("/ok", "refused", lambda answer: answer.failure("no basket"))
        self.told("/404", "accepted", lambda answer: answer.success())
        self.told("/502", "accepted 502", lambda answer: answer.success())
        self.told("/404", "left as it is", lambda _: None)
        self.told("/silent-close", "nothing came", lambda answer: answer.success())
        with self.client.rename_request(f"{self.kind} renamed"):
            self.client.get("/members/12/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11/v1/")
        self.client.get("/members/12/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11/v1/?page=2")

    def told(self, path, name, verdict):
        with self.client.get(path, name=f"{self.kind} {name}", catch_response=True) as answer:
            verdict(answer)

    def retry(self):
        pass


class HttpJudge(Judge, HttpUser):
    kind = "http"

    def retry(self):
        self.client.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[502])))
        self.client.get("/502", name="http retried")
        self.client.get("/silent-close", name="http again")
        # Not of a client of Locust: it is recorded all the same.
        requests.get(f"{self.host}/ok", timeout=5)


class FastJudge(Judge, FastHttpUser):
    kind = "fast"
    max_retries = 2
