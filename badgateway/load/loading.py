"""Loads a Locust file in a process of its own, as Locust does, and writes down what is in it; no user is made.

It is started with `python -m badgateway.load.loading LOCUST_FILE ANSWER`, where ANSWER is a JSON file that it makes.
"""

import json
import os
import sys
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from locust import HttpUser, User
from locust.util.load_locustfile import load_locustfile

import badgateway
from badgateway.load.plain import kind_of


def main() -> None:
    """Load the file; answer with its users, or with what went wrong and the last line of the file that was in it."""
    locust_file, answer = Path(sys.argv[1]), Path(sys.argv[2])
    answer.write_text(json.dumps(_found(locust_file)), encoding="utf-8")


def _found(locust_file: Path) -> dict[str, object]:
    try:
        users, shapes = load_locustfile(str(locust_file))
    except BaseException as error:  # noqa: BLE001 # whatever it raises, sys.exit() too, is what is asked
        return {"fault": f"{type(error).__name__}: {error}", "line": _line(error.__traceback__, locust_file)}
    described = {name: _described(user) for name, user in users.items()}
    named = [type(shape).__name__ for shape in shapes]
    return {"users": described, "shapes": named, "files": _own_files(locust_file, Path(os.environ["PYTHONPATH"]))}


def _described(user: type[User]) -> dict[str, object]:
    return {"kind": kind_of(user), "is_http": issubclass(user, HttpUser), "has_tasks": bool(user.tasks)}


def _own_files(locust_file: Path, root: Path) -> list[str]:
    """Return the Locust file and the modules of its project that it has imported, by their paths in the project."""
    loaded = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    found = {locust_file, *(Path(file) for file in loaded if file and file.endswith(".py"))}
    inside = (file.relative_to(root) for file in found if file.is_relative_to(root) and not _is_installed(file))
    return sorted(str(file) for file in inside)


def _is_installed(file: Path) -> bool:
    kit = Path(badgateway.__file__).parent
    return "site-packages" in file.parts or file.is_relative_to(sys.prefix) or file.is_relative_to(kit)


def _line(trace: TracebackType | None, locust_file: Path) -> int | None:
    lines = [frame.lineno for frame in extract_tb(trace) if Path(frame.filename) == locust_file]
    return lines[-1] if lines else None


if __name__ == "__main__":
    main()
