"""What all answers with a file have in common."""

from collections.abc import AsyncIterable, Iterable

from django.conf import settings
from django.http import StreamingHttpResponse

from school.exports.member_rows_stream import MemberRowsStream


def file_headers(content_type: str, file_name: str, rows: int | None = None) -> dict[str, str]:
    """Return the headers of a download; X-Export-Rows counts the rows under the titles, where that is known."""
    counted = {} if rows is None else {"X-Export-Rows": str(rows)}
    return {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{file_name}"', **counted}


class MemberRowsResponse(StreamingHttpResponse):
    """Streams what is made from the members' rows, and gives their connection back however the download ends."""

    def __init__(
        self, stream: MemberRowsStream, content: Iterable[bytes] | AsyncIterable[bytes], headers: dict[str, str]
    ) -> None:
        # nginx takes an answer as fast as it comes and keeps it for a slow client, unless it is told not to.
        direct = {} if settings.EXPORT_BUFFERED else {"X-Accel-Buffering": "no"}
        super().__init__(content, headers={**headers, **direct})
        self._rows = stream

    def close(self) -> None:
        """Close: the server does it after the last byte, and when the client is gone."""
        self._rows.close()
        super().close()
