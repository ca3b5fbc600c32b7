"""What sends a load from a cluster or a hosted Locust: a Locust file that needs no kit, and what starts it there."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from badgateway.emit.files import File
from badgateway.emit.templates import fill
from badgateway.errors import ConfigurationError

LOCUST_FILE = PurePosixPath("locustfile.py")
OWN_OPERATOR = PurePosixPath("locust-operator/locusttest.json")
OTHER_OPERATOR = PurePosixPath("locust-k8s-operator/locusttest.json")
HOSTED = PurePosixPath("hosted/locust.zip")
HOW = PurePosixPath("HOW.md")
MOST_BYTES = 1_000_000
"""Of a ConfigMap the API server takes a MiB at most."""
STOP_S = 60
"""Users end what they have asked for."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The same archive each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLoad:
    """What is sent."""

    name: str
    """Of the experiment."""
    locust_file: str
    """Its text."""
    recorder: str
    """The text that writes rows; it stands behind it."""
    host: str
    """Base address of the site."""
    users: int
    spawn_rate: float
    run_s: int
    workers: int
    image: str
    """With Locust in it."""

    @property
    def whole_file(self) -> str:
        """The Locust file that needs no kit."""
        return f"{self.locust_file.rstrip()}\n\n\n{self.recorder}"

    @property
    def options(self) -> str:
        """Locust's, for master and workers alike."""
        return (
            f"--headless --host {self.host} --users {self.users} --spawn-rate {self.spawn_rate:g} "
            f"--run-time {self.run_s}s --stop-timeout {STOP_S}s --exit-code-on-error 0"
        )


def load_files(sent: SentLoad) -> tuple[File, ...]:
    """Return the text files; `archive` gives the one that is none.

    Raises:
        ConfigurationError: The Locust file is too large for a ConfigMap.
    """
    if len(sent.whole_file.encode()) > MOST_BYTES:
        raise ConfigurationError(f"load.locustfile: {len(sent.whole_file):,} bytes are more than a ConfigMap takes")
    return tuple(_files(sent))


def archive(sent: SentLoad) -> bytes:
    """Return the zip that a hosted Locust is given."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(LOCUST_FILE.name, _MOMENT), sent.whole_file)
    return packed.getvalue()


def _files(sent: SentLoad) -> Iterator[File]:
    yield File(path=LOCUST_FILE, text=sent.whole_file, goes="wherever Locust is")
    yield _json(OWN_OPERATOR, _own_operators(sent), "kubectl apply -f, where Locust's own operator is installed")
    yield _json(OTHER_OPERATOR, _others(sent), "kubectl apply -f, where locust-k8s-operator is installed")
    yield File(path=HOW, text=fill("load-how.md.j2", sent=sent), goes="")


def _json(path: PurePosixPath, found: dict[str, Any], goes: str) -> File:
    return File(path=path, text=json.dumps(found, indent=2) + "\n", goes=goes)


def _variables() -> list[dict[str, str]]:
    # A pod of a load that is over is gone, and its files with it: what it printed was followed.
    return [{"name": "BADGATEWAY_ROWS", "value": "-"}]


def _own_operators(sent: SentLoad) -> dict[str, Any]:
    spec = {
        "image": sent.image,
        "workers": sent.workers,
        # It gives the same to both; a worker has no use for what is the master's.
        "args": f"{sent.options} --expect-workers {sent.workers}",
        "env": _variables(),
        "locustfile": {"content": sent.whole_file},
    }
    return _resource("locust.io/v1", sent.name, spec)


def _others(sent: SentLoad) -> dict[str, Any]:
    scripts = f"{sent.name}-locustfile"
    at = f"--locustfile /lotest/src/{LOCUST_FILE.name}"
    spec = {
        "image": sent.image,
        "master": {"command": f"{at} {sent.options}", "autostart": True, "autoquit": {"enabled": True, "timeout": 10}},
        "worker": {"command": at, "replicas": sent.workers},
        "env": {"variables": _variables()},
        "testFiles": {"configMapRef": scripts},
    }
    texts = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": scripts}}
    items = [{**texts, "data": {LOCUST_FILE.name: sent.whole_file}}, _resource("locust.io/v2", sent.name, spec)]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _resource(version: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": "LocustTest", "metadata": {"name": name}, "spec": spec}
