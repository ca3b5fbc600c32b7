"""A server that a package of somebody else's brings, installed into a temporary folder as pip would leave it there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from badgateway.servers import registry

MODULE = """
from badgateway.model.knob import WorkerModel
from badgateway.servers.server import Server, Start

SERVER = Server(
    name={name!r},
    label="Dummy",
    distributions=("dummy",),
    files=({files!r},),
    start=lambda configuration, place: Start(
        argv=({program!r}, str(place.server_file), str(configuration.workers)), bind=place.address
    ),
    worker_model=lambda text: WorkerModel.ONE_REQUEST,
    settings={{"workers": "workers"}},
)
"""
PROGRAM = """#!{python}
import importlib, os, sys
from wsgiref.simple_server import make_server

sys.path.insert(0, os.getcwd())
module, _, name = os.environ["WEB_WSGI"].partition(":")
host, _, port = os.environ["WEB_BIND"].rpartition(":")
make_server(host, int(port), getattr(importlib.import_module(module), name)).serve_forever()
"""
"""Serves one request at a time at a port, and has no workers."""


@contextmanager
def installed_server(
    folder: Path, name: str = "dummy", files: str = "*.dummy", value: str = "dummy_server:SERVER"
) -> Iterator[None]:
    """Install it until the block ends; its program is in the folder too."""
    metadata = folder / "dummy-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: dummy\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{name} = {value}\n")
    program = folder / "dummy-program"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    module = MODULE.format(name=name, files=files, program=str(program))
    (folder / "dummy_server.py").write_text(module)
    sys.path.insert(0, str(folder))
    _forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget()


def _forget() -> None:
    sys.modules.pop("dummy_server", None)
    registry.servers.cache_clear()
    registry.fitting.cache_clear()
