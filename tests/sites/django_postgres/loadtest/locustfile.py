"""Customers of the shop: they log in by its form, look around and order; plain Locust."""

import random

from locust import HttpUser, constant, task


class Customer(HttpUser):
    """One who knows a password."""

    wait_time = constant(0.2)

    def on_start(self):
        self.client.get("/login/")
        form = {
            "username": f"customer{random.randrange(5)}",
            "password": "a password",
            "csrfmiddlewaretoken": self.client.cookies["csrftoken"],
        }
        # Django compares the Referer, as browsers send it, where the site is behind TLS.
        self.client.post("/login/", data=form, headers={"Referer": f"{self.client.base_url}/login/"})

    @task(5)
    def look(self):
        self.client.get("/")
        self.client.get("/static/catalogue/shop.css")

    @task(5)
    def look_at_one(self):
        self.client.get(f"/products/{random.randrange(1, 200)}/", name="/products/[id]/")

    @task(1)
    def order(self):
        with self.client.get("/orders/", catch_response=True) as answer:
            if "You have" not in answer.text:
                answer.failure("not logged in")
        form = {"product": 1, "csrfmiddlewaretoken": self.client.cookies["csrftoken"]}
        self.client.post("/orders/", data=form, headers={"Referer": f"{self.client.base_url}/orders/"})
