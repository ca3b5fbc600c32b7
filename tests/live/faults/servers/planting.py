"""A server that comes up like any, after it has planted links wherever the kit might write or read as root."""

import os
import sys
from contextlib import suppress
from pathlib import Path

own = Path(os.environ["JOURNAL_FILE"]).parent
raw, copy, targets = own.parent, Path(__file__).parent, Path(os.environ["APP_TARGETS"])


def plant(place: Path, name: str, target: str) -> None:
    """Put a link to a target of the test under a name."""
    link = place / name
    try:
        with suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(targets / target)
    except OSError as error:
        sys.stderr.write(f"refused {place.name}/{name}: {error.strerror}\n")
    else:
        sys.stderr.write(f"planted {place.name}/{name}\n")


for name in ("nginx.conf", "locust.log", "processes.csv", "samples.csv", "client-events.part", "client-events.json"):
    for place in (own, raw):
        plant(place, name, name)
for name in ("secret.txt", "trial.json", "client.csv"):
    for place in (own, raw):
        plant(place, name, "secret")
for name in ("nginx.conf", "mariadb.cnf"):
    plant(copy, name, "secret")

exec(compile((copy / "gunicorn_sync.py").read_text(), "gunicorn_sync.py", "exec"))  # the real server file
