"""The export that flows: rows leave the database, the workbook and the server as they come, in constant memory."""

from django.http import StreamingHttpResponse

from school.exports.answers import RollResponse, file_headers
from school.exports.columns import TITLES
from school.exports.roll_stream import RollStream
from school.exports.wish import Wish
from school.exports.xlsx import CONTENT_TYPE, FILE_NAME, xlsx_chunks


def export(wish: Wish) -> StreamingHttpResponse:
    """Export with 2 queries; the first byte leaves when the first rows have come."""
    roll = RollStream(wish.rows)
    headers = file_headers(CONTENT_TYPE, FILE_NAME, roll.rows)
    return RollResponse(roll, xlsx_chunks(TITLES, roll, roll.rows), headers)
