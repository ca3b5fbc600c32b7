"""A client of plain threads, which writes of each request the row that the kit's own client would write."""

import concurrent.futures
import csv
import http.client
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from badgateway.model.raw import CLIENT_COLUMNS, CLIENT_ROWS

PATIENCE_S = 15.0
THREADS = 64


class Client:
    """Sends requests to one address, and remembers what became of them."""

    def __init__(self, url: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._futures: list[Future[dict[str, Any]]] = []
        self._pool = ThreadPoolExecutor(THREADS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of all requests, when they have ended."""
        return [future.result() for future in self._futures]

    def start(self, target: str, times: int = 1, **options: Any) -> None:
        """Send so many requests at once; options are those of ask."""
        self._futures += [self._pool.submit(self._ask, target, **options) for _ in range(times)]

    def ask(self, target: str, times: int = 1, **options: Any) -> None:
        """Send so many requests at once, and wait for all."""
        before = len(self._futures)
        self.start(target, times, **options)
        for future in self._futures[before:]:
            future.result()

    def settle(self, seconds: float) -> None:
        """Wait until all requests have ended, and then a while: a log that ends with them says less of them."""
        concurrent.futures.wait(self._futures)
        time.sleep(seconds)

    def stream(self, target: str, *, per_s: float, seconds: float) -> None:
        """Send requests at an even rate, whatever becomes of them."""
        start_s = time.monotonic()
        for number in range(int(per_s * seconds)):
            time.sleep(max(0.0, start_s + number / per_s - time.monotonic()))
            self.start(target)

    def write(self, folder: Path) -> None:
        """Write the rows where a trial has them."""
        with (folder / CLIENT_ROWS).open("w", newline="") as file:
            writer = csv.DictWriter(file, CLIENT_COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def _ask(
        self, target: str, *, method: str = "GET", patience_s: float = PATIENCE_S, header_bytes: int = 0
    ) -> dict[str, Any]:
        request_id = uuid.uuid4().hex
        headers = {"X-Request-ID": request_id} | ({"X-Large": "x" * header_bytes} if header_bytes else {})
        start_s = time.time()
        row: dict[str, Any] = {
            "accepted": 0,
            "request_id": request_id,
            "name": f"{method} {target.partition('?')[0]}",
            "method": method,
        }
        row |= {"intended_start_s": start_s, "start_s": start_s, "status": 0, "body_bytes": 0}
        connection = http.client.HTTPConnection(self._netloc, timeout=patience_s)
        try:
            connection.request(method, target, body=b"" if method == "POST" else None, headers=headers)
            answer = connection.getresponse()
            row |= {"status": answer.status, "expected_bytes": "" if answer.length is None else answer.length}
            row |= {"body_bytes": len(answer.read())}
        except http.client.IncompleteRead as error:
            row |= {"error": "truncated", "body_bytes": len(error.partial)}
        except TimeoutError:
            row |= {"error": "client_timeout"}
        except ConnectionError:
            row |= {"error": "disconnected"}
        finally:
            connection.close()
        return {**row, "end_s": time.time()}
