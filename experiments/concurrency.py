"""Visitors of the school site: pages, members, new scores, and the slow query that makes many visitors see a 502."""

import os
import time

from locust import task

from badgateway.load.checks import StartsWith
from badgateway.load.recorder import RecordedUser, between

MEMBERS = int(os.environ.get("APP_MEMBERS", "4300"))
PAGES = -(-MEMBERS // 20)
SLOW_MS = int(os.environ.get("APP_SLOW_MS", "0"))
"""Where it is given, one wait in SLOW_ONE_IN takes so long: the query that nobody has put an index on."""
SLOW_ONE_IN = 50
PAUSE_S = float(os.environ.get("APP_PAUSE_S", "0.2"))
"""Between two clicks, on average. With longer ones more visitors ask for as much as fewer hasty ones, and wait."""
WAVE_S = float(os.environ.get("APP_WAVE_S", "0"))
"""Where it is given, everybody clicks once a second, and all within so much of its beginning: as after a mailing."""
COURSES = ("ALG-1", "BIO-1", "ENG-1", "GEO-1")


def until_the_next_wave(user: RecordedUser) -> float:
    """Return how long to wait for one's place in the wave of the next second."""
    return 1 - time.time() % 1 + user.random.uniform(0, WAVE_S)


class Visitor(RecordedUser):
    """Somebody who clicks every 0.1 to 0.3 seconds, unless APP_PAUSE_S or APP_WAVE_S says otherwise."""

    wait_time = until_the_next_wave if WAVE_S else between(0.5 * PAUSE_S, 1.5 * PAUSE_S)

    def on_start(self) -> None:
        """Come at some moment of a long pause, and not all at once; who comes at a rate has a moment already."""
        if PAUSE_S > 1:
            self.come_within(PAUSE_S)

    @task(3)
    def list_members(self) -> None:
        """Look at a page of the list."""
        page = self.random.randint(1, PAGES)
        self.fetch("GET", f"/members/?page={page}", name="GET /members/", check=StartsWith(b'{"page":'))

    @task(2)
    def read_member(self) -> None:
        """Open one member."""
        member = self.random.randint(1, MEMBERS)
        self.fetch("GET", f"/members/{member}/", name="GET /members/<id>/", check=StartsWith(b'{"id":'))

    @task(1)
    def post_score(self) -> None:
        """Write a new score."""
        member = self.random.randint(1, MEMBERS)
        score = {"course": self.random.choice(COURSES), "points": self.random.randint(0, 100), "taken_on": "2026-03-01"}
        self.fetch("POST", f"/members/{member}/scores/", name="POST /members/<id>/scores/", json=score, expect=201)

    @task(5)
    def wait_for_database(self) -> None:
        """Ask for what takes the database 40 ms, or now and then far longer."""
        is_slow = SLOW_MS and self.random.randrange(SLOW_ONE_IN) == 0
        db_ms = SLOW_MS if is_slow else 40
        self.fetch("GET", f"/wait/?db_ms={db_ms}", name="GET /wait/", check=StartsWith(b'{"db_ms":'))
