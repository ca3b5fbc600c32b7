"""What a Locust file can ask of a body while it streams past."""

from collections.abc import Mapping


class BodyCheck:
    """Sees the body of one response that has the expected status, in pieces, and judges it at its end."""

    def begin(self, headers: Mapping[str, str]) -> None:
        """Take the response header; names are in lower case."""

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body, at most 64 KiB."""

    def verdict(self) -> str | None:
        """Say what is wrong with the body, in a short sentence; None when it is right."""
        return None


class StartsWith(BodyCheck):
    """Demands the first bytes of a body: cheap, and enough to tell JSON from an error page."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix
        self._start = b""

    def feed(self, chunk: bytes) -> None:
        """Keep what is needed to compare."""
        missing = len(self._prefix) - len(self._start)
        if missing:
            self._start += chunk[:missing]

    def verdict(self) -> str | None:
        """Compare."""
        if self._start == self._prefix:
            return None
        return f"starts with {self._start!r}, expected {self._prefix!r}"
