"""Users of Locust's own fast client, without a pause; what they cost is written where BENCHMARK_ANSWER says."""

import json
import os
import time
from pathlib import Path
from typing import Any

import locust
from locust import FastHttpUser, constant, task

_events: Any = locust.events  # its methods have no types
_began: list[tuple[float, float, int]] = []


class Reader(FastHttpUser):
    """Asks for one small page, again and again."""

    wait_time = constant(0)

    @task
    def read(self) -> None:
        """Ask."""
        self.client.get("/", name="GET /")


def begin(**_given: Any) -> None:
    """Note what was used when all users are there."""
    _began.append((time.perf_counter(), time.process_time(), 0))


def end(environment: Any, **_given: Any) -> None:
    """Write what was used since."""
    started_s, cpu_s, _ = _began[0]
    requests = environment.stats.total.num_requests
    found = {"seconds": time.perf_counter() - started_s, "cpu_s": time.process_time() - cpu_s, "requests": requests}
    Path(os.environ["BENCHMARK_ANSWER"]).write_text(json.dumps(found), "utf-8")


_events.spawning_complete.add_listener(begin)
_events.test_stop.add_listener(end)
