"""The naive export in parts, one file a page: each may be quick enough, and the reader has to join them."""

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpResponse

from school.exports.naive_rows import ask_for_each
from school.exports.request import ROWS_A_PAGE, ExportRequest
from school.exports.xls import xls_response
from school.models import Member


def export(wanted: ExportRequest) -> HttpResponse:
    """Export one page of at most 1,000 rows; X-Export-Pages tells how many pages there are.

    Raises:
        Http404: There is no such page.
    """
    rows = Member.objects.count() if wanted.rows is None else wanted.rows
    pages = Paginator(range(1, rows + 1), ROWS_A_PAGE)
    try:
        page = pages.page(wanted.page)
    except EmptyPage:
        raise Http404(f"There is no page {wanted.page}, the last is {pages.num_pages}") from None
    answer = xls_response(ask_for_each(page.start_index(), page.end_index()), f"members-{wanted.page}.xls")
    answer["X-Export-Pages"] = str(pages.num_pages)
    return answer
