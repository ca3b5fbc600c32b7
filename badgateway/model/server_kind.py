"""The application servers that the kit knows."""

from enum import StrEnum


class ServerKind(StrEnum):
    """The application servers that have a driver."""

    UWSGI = "uwsgi"
    GUNICORN = "gunicorn"

    @property
    def label(self) -> str:
        """The name as its makers write it."""
        return "uWSGI" if self is ServerKind.UWSGI else "Gunicorn"
