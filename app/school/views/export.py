"""The Excel export, by the strategy that the request or the site's settings name."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from school.exports import STRATEGIES
from school.exports.workbook import MOST_ROWS
from school.views.parameters import whole_number


@require_safe
def export_workbook(request: HttpRequest) -> HttpResponseBase:
    """Answer with the first members as a workbook, all of them unless rows says fewer.

    Raises:
        BadRequest: rows or strategy is not allowed; the message says what is.
    """
    rows = whole_number(request, "rows", default=MOST_ROWS, lowest=1, highest=MOST_ROWS)
    name = request.GET.get("strategy", settings.EXPORT_STRATEGY)
    if name not in STRATEGIES:
        raise BadRequest(f"strategy={name[:40]!r} is not allowed; allowed: {', '.join(STRATEGIES)}")
    return STRATEGIES[name](rows)
