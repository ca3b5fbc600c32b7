"""An .xls workbook, as it was made before 2007 and still is by old code."""

from collections.abc import Iterable, Sequence
from typing import Any

import xlwt  # type: ignore[import-untyped]  # it ships no types
from django.core.exceptions import BadRequest
from django.http import HttpResponse

from school.exports.answers import file_headers
from school.exports.columns import TITLES, Cell
from school.models import Member

CONTENT_TYPE = "application/vnd.ms-excel"
FILE_NAME = "members.xls"
# A sheet has 65 536 rows; the first holds the titles.
MOST_ROWS = 65_535


def rows_of_one_sheet(rows: int | None) -> int:
    """Return how many rows a workbook gets, one a member when rows is None.

    Raises:
        BadRequest: They do not fit.
    """
    wanted = Member.objects.count() if rows is None else rows
    if wanted > MOST_ROWS:
        raise BadRequest(
            f"rows={wanted} do not fit into an .xls sheet; allowed with this strategy: 1 to {MOST_ROWS}, "
            "with strategy=streamed more"
        )
    return wanted


def xls_response(rows: Iterable[Sequence[Cell]], file_name: str = FILE_NAME) -> HttpResponse:
    """Answer with a workbook that is saved into the answer."""
    answer = HttpResponse(headers=file_headers(CONTENT_TYPE, file_name))
    answer["X-Export-Rows"] = str(save_xls(rows, answer))
    return answer


def save_xls(rows: Iterable[Sequence[Cell]], target: Any) -> int:
    """Write the titles and all rows to a file-like target; return how many rows."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Members")
    as_date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    plain = xlwt.Style.default_style
    for column, title in enumerate(TITLES):
        sheet.write(0, column, title)
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write(count, column, cell, as_date if TITLES[column].endswith(" on") else plain)
    book.save(target)
    return count
