"""What a Locust file can ask of a body while it streams past."""

from collections.abc import Callable, Mapping


class BodyCheck:
    """Sees the body of one response that has the expected status, in pieces, and judges it at its end."""

    def begin(self, headers: Mapping[str, str]) -> None:
        """Take the response header; names are in lower case."""

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body, at most 64 KiB."""

    def verdict(self) -> str | None:
        """Return what is wrong with the body, a short sentence; None when it is right."""
        return None

    def cut(self) -> str | None:
        """Return why the body looks truncated, though the answer ended well; None if it is complete.

        HTTP/1.0 and uWSGI's protocol end a body without a length by closing, and so does a worker that is killed.
        """
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


class ByContentType(BodyCheck):
    """Checks a body as what its Content-Type says it is, which must be one of the expected."""

    def __init__(self, checks: Mapping[str, Callable[[], BodyCheck]]) -> None:
        self._checks = checks
        self._type = ""
        self._chosen: BodyCheck | None = None

    def begin(self, headers: Mapping[str, str]) -> None:
        """Choose the check."""
        self._type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._type in self._checks:
            self._chosen = self._checks[self._type]()
            self._chosen.begin(headers)

    def feed(self, chunk: bytes) -> None:
        """Let the chosen check see it."""
        if self._chosen:
            self._chosen.feed(chunk)

    def verdict(self) -> str | None:
        """Let the chosen check judge."""
        if self._chosen:
            return self._chosen.verdict()
        return f"Content-Type {self._type!r}, expected one of {', '.join(self._checks)}"

    def cut(self) -> str | None:
        """Let the chosen check judge."""
        return self._chosen.cut() if self._chosen else None


class Kept(BodyCheck):
    """Keeps a small body, for a user who needs what is in it; demands that it has at most so many bytes."""

    def __init__(self, most_bytes: int = 65_536) -> None:
        self.body = b""
        self.headers: Mapping[str, str] = {}
        self._most_bytes = most_bytes

    def begin(self, headers: Mapping[str, str]) -> None:
        """Keep the header."""
        self.headers = headers

    def feed(self, chunk: bytes) -> None:
        """Keep the next piece."""
        self.body = (self.body + chunk)[: self._most_bytes + 1]

    def verdict(self) -> str | None:
        """Tell whether it was kept whole."""
        return f"more than {self._most_bytes} bytes" if len(self.body) > self._most_bytes else None


class CsvRows(BodyCheck):
    """Demands a CSV file that ends with a line's end and has the rows that a response header promises."""

    def __init__(self, *, rows_header: str = "X-Export-Rows", heading_rows: int = 1) -> None:
        self._rows_header = rows_header
        self._heading_rows = heading_rows
        self._promised: str | None = None
        self._quoted = False
        self._rows = 0
        self._last = b""

    def begin(self, headers: Mapping[str, str]) -> None:
        """Remember how many rows are promised."""
        self._promised = headers.get(self._rows_header.lower())

    def feed(self, chunk: bytes) -> None:
        """Count the line ends outside quotation marks; a doubled one closes and opens again."""
        first, *others = chunk.split(b'"')
        self._rows += 0 if self._quoted else first.count(b"\n")
        for part in others:
            self._quoted = not self._quoted
            self._rows += 0 if self._quoted else part.count(b"\n")
        self._last = chunk[-1:] or self._last

    def verdict(self) -> str | None:
        """Judge the end first: a cut file has fewer rows because it is cut."""
        return self.cut() or wrong_rows(
            self._rows, promised=self._promised, header=self._rows_header, heading_rows=self._heading_rows
        )

    def cut(self) -> str | None:
        """Look at the end, and whether rows are missing: nothing else tells of a file that was cut between two."""
        if self._quoted or self._last != b"\n":
            return "ends in the middle of a line"
        promised = self._promised if self._promised and self._promised.isdecimal() else "0"
        expected = int(promised) + self._heading_rows
        return f"{self._rows} rows in the file, expected {expected}" if self._rows < expected else None


def wrong_rows(found: int, *, promised: str | None, header: str, heading_rows: int) -> str | None:
    """Compare the rows of a file, headings included, with what a response header promises."""
    if promised is None or not promised.isdecimal():
        return f"no {header} header to compare the rows with"
    expected = int(promised) + heading_rows
    return None if found == expected else f"{found} rows in the file, expected {expected}"
