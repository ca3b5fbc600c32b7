"""The naive export in parts, one file a page: each may be quick enough, and the reader has to join them."""

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpResponse

from school.exports.naive_rows import ask_for_each
from school.exports.wish import ROWS_A_PAGE, Wish
from school.exports.xls import xls_response
from school.models import Member


def export(wish: Wish) -> HttpResponse:
    """Export one page of at most 1,000 rows; X-Export-Pages tells how many pages there are.

    Raises:
        Http404: There is no such page.
    """
    rows = Member.objects.count() if wish.rows is None else wish.rows
    pages = Paginator(range(1, rows + 1), ROWS_A_PAGE)
    try:
        page = pages.page(wish.page)
    except EmptyPage:
        raise Http404(f"There is no page {wish.page}, the last is {pages.num_pages}") from None
    answer = xls_response(ask_for_each(page.start_index(), page.end_index()), f"members-{wish.page}.xls")
    answer["X-Export-Pages"] = str(pages.num_pages)
    return answer
