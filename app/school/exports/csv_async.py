"""The CSV file as an asynchronous iterator: under ASGI the only kind that Django sends while it is being made.

A synchronous one Django reads to its end first, under ASGI; and an asynchronous one, under WSGI.
"""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from school.exports.answers import MemberRowsResponse
from school.exports.csv_text import csv_blocks, csv_headers
from school.exports.member_rows_stream import MemberRowsStream
from school.exports.request import ExportRequest


def export(wanted: ExportRequest) -> StreamingHttpResponse:
    """Export with 2 queries; under ASGI the first byte leaves when the first rows have come."""
    stream = MemberRowsStream(wanted.rows)
    return MemberRowsResponse(stream, _taken_in_its_thread(csv_blocks(stream)), csv_headers(stream.rows))


async def _taken_in_its_thread(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    # The connection to the database belongs to the thread that the view ran in, which waits for such calls.
    take = sync_to_async(lambda: next(blocks, b""), thread_sensitive=True)
    while block := await take():
        yield block
