"""A request that is slow because of one slow query."""

from django.db import OperationalError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from school.views.parameters import whole_number

DEFAULT_MS = 20
LONGEST_MS = 60_000


@require_safe
def wait(request: HttpRequest) -> JsonResponse:
    """Spend db_ms milliseconds in one query of the database.

    Raises:
        OperationalError: The query was interrupted, so the time was not spent.
    """
    db_ms = whole_number(request, "db_ms", default=DEFAULT_MS, lowest=0, highest=LONGEST_MS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_sleep(%s)", [db_ms / 1000])
            return JsonResponse({"db_ms": db_ms})
        cursor.execute("SELECT SLEEP(%s)", [db_ms / 1000])
        # SLEEP returns 1, not an error, when somebody interrupts it.
        if cursor.fetchone() != (0,):
            raise OperationalError("SLEEP was interrupted")
    return JsonResponse({"db_ms": db_ms})
