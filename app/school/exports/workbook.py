"""Write rows into an Excel workbook and answer with it."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types
from django.http import HttpResponse

from school.exports.columns import Cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_NAME = "members.xlsx"
# A sheet has 1 048 576 rows; the first holds the titles.
MOST_ROWS = 1_048_575

OPTIONS = {
    "constant_memory": True,
    "default_date_format": "yyyy-mm-dd",
    # A name that starts with "=" is a name, not a formula.
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """A finished workbook of one sheet, and how many rows it has under the titles."""

    content: bytes
    rows: int


def write_workbook(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Workbook:
    """Write a row of titles and all rows."""
    target = io.BytesIO()
    count = 0
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        sheet = book.add_worksheet("Members")
        sheet.write_row(0, 0, titles)
        for count, row in enumerate(rows, start=1):
            sheet.write_row(count, 0, row)
    return Workbook(content=target.getvalue(), rows=count)


def workbook_response(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """Answer with the whole workbook; X-Export-Rows counts the rows under the titles."""
    workbook = write_workbook(titles, rows)
    return HttpResponse(
        workbook.content,
        headers={
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(workbook.content)),
            "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
            "X-Export-Rows": str(workbook.rows),
        },
    )
