"""What has come of one HTTP answer so far, and whether it ended well."""

from functools import lru_cache
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from badgateway.load.checks import BodyCheck

_FIRST_FINAL: Final = 200
"""1xx answers come before the one that was asked for."""


@lru_cache(maxsize=200)
def _field(name: bytes) -> str:
    return name.decode("latin-1").lower()


class BrokenReplyError(Exception):
    """The answer cannot go on like this, or cannot end here."""


class Reply:
    """One answer, read in pieces; right at any moment, also when the exchange is broken off."""

    def __init__(self, method: str, expect: int, check: BodyCheck | None) -> None:
        self.first_byte_s: float | None = None
        self.status = 0
        """0 while the header is not complete."""
        self.body_bytes = 0
        self.is_complete = False
        self.set_cookies: list[str] = []
        """The values of its Set-Cookie fields."""
        self._has_body = method != "HEAD"
        self._expect = expect
        self._check = check
        self._headers: dict[str, str] = {}
        self._unseen: list[bytes] = []
        self._has_begun = False
        self._is_kept = False
        self._parser = HttpResponseParser(self)

    @property
    def expected_bytes(self) -> int | None:
        """What Content-Length promises of the body."""
        length = self._headers.get("content-length") if self.status and self._has_body else None
        return None if length is None else int(length)

    @property
    def should_close(self) -> bool:
        """Whether the connection is no good for another request."""
        return not (self.is_complete and self._is_kept)

    def take(self, data: bytes, at_s: float) -> None:
        """Parse what came from the socket at that time; empty bytes are its end.

        Raises:
            BrokenReplyError: It cannot go on, or end, like this.
        """
        if not data:
            self._end()
            return
        if self.first_byte_s is None:
            self.first_byte_s = at_s
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as fault:
            if not self.is_complete:
                raise BrokenReplyError(str(fault)) from fault
            # What comes behind a whole answer belongs to nobody.
            self._is_kept = False
        self._let_check_see()
        if self.is_complete:
            # It knows this reply, which would outlive its use until the next garbage collection.
            del self._parser

    def verdict(self) -> str | None:
        """Return what the check found wrong; None when there is nothing, or no check."""
        return self._check.verdict() if self._check else None

    def cut(self) -> str | None:
        """Return why the body looks truncated; None if it is complete, or the check cannot tell."""
        return self._check.cut() if self._check else None

    def _end(self) -> None:
        """Take the server's close for the end of the body, where nothing else tells of it."""
        coding = self._headers.get("transfer-encoding", "").lower()
        if not self.status or "content-length" in self._headers or coding.endswith("chunked"):
            raise BrokenReplyError("connection closed")
        self.is_complete, self._is_kept = True, False

    def _let_check_see(self) -> None:
        # Not in the parser's callbacks: a check may wait, and what it raises is its own.
        if self._check is None or not self.status:
            return
        if not self._has_begun:
            self._has_begun = True
            self._check.begin(self._headers)
        pieces, self._unseen = self._unseen, []
        for piece in pieces:
            self._check.feed(piece)

    def on_message_begin(self) -> None:
        """Begin with the header, unless the answer is over."""
        if self.is_complete:
            self._is_kept = False
        else:
            self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the header."""
        if self.is_complete:
            return
        field, text = _field(name), value.decode("latin-1")
        self._headers[field] = text
        if field == "set-cookie":
            self.set_cookies.append(text)

    def on_headers_complete(self) -> None:
        """Take the status, and what follows from the header."""
        code = self._parser.get_status_code()
        if self.is_complete or code < _FIRST_FINAL:
            return
        self.status = code
        self._is_kept = self._parser.should_keep_alive()
        self.is_complete = not self._has_body
        if code != self._expect:
            self._check = None

    def on_body(self, body: bytes) -> None:
        """Count a piece of the body."""
        if not self.is_complete:
            self.body_bytes += len(body)
            if self._check:
                self._unseen.append(body)

    def on_message_complete(self) -> None:
        """End with the last byte of the body; the end of a 1xx answer is none."""
        self.is_complete = self.is_complete or self.status > 0
