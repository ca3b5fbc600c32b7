"""The export of all members, by the strategy that the request or the site's settings name."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from school.exports import STRATEGIES
from school.exports.request import MOST_PAGES, MOST_ROWS, ExportRequest
from school.views.parameters import whole_number


@require_http_methods(["GET", "HEAD", "POST"])
def export_members(request: HttpRequest) -> HttpResponseBase:
    """Answer with a file of the members, one row each unless rows says how many; to a POST, as of a form, the same.

    Raises:
        BadRequest: strategy, rows or page is not allowed; the message says what is.
    """
    name = request.GET.get("strategy", settings.EXPORT_STRATEGY)
    if name not in STRATEGIES:
        raise BadRequest(f"strategy={name[:40]!r} is not allowed; allowed: {', '.join(STRATEGIES)}")
    if "page" in request.GET and name != "paged":
        raise BadRequest(f"page={request.GET['page'][:40]!r} is not allowed with strategy={name}; allowed: with paged")
    rows = whole_number(request, "rows", default=None, lowest=1, highest=MOST_ROWS)
    page = whole_number(request, "page", default=1, lowest=1, highest=MOST_PAGES)
    return STRATEGIES[name](ExportRequest(rows=rows, page=page))
