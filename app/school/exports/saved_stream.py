"""StreamingHttpResponse as it was posted: a generator that saves the workbook, then reads it in small pieces."""

import io
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from school.exports.answers import file_headers
from school.exports.naive_rows import ask_for_each
from school.exports.request import ExportRequest
from school.exports.xls import CONTENT_TYPE, FILE_NAME, rows_of_one_sheet, save_xls

CHUNK_BYTES = 4096


def export(wanted: ExportRequest) -> StreamingHttpResponse:
    """Export with 2 + rows queries, all of them after the view has returned; the first byte leaves after the last row.

    Raises:
        BadRequest: The rows do not fit into one sheet.
    """
    rows = rows_of_one_sheet(wanted.rows)
    return StreamingHttpResponse(_saved_then_read(rows), headers=file_headers(CONTENT_TYPE, FILE_NAME, rows))


def _saved_then_read(rows: int) -> Iterator[bytes]:
    buffer = io.BytesIO()
    save_xls(ask_for_each(1, rows), buffer)
    buffer.seek(0)
    while chunk := buffer.read(CHUNK_BYTES):
        yield chunk
