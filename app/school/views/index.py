"""The first page: what can be asked of the site, with links to try it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from school.exports import STRATEGIES
from school.exports.request import MOST_ROWS
from school.views.members import PAGE_SIZE
from school.views.wait import DEFAULT_MS, LONGEST_MS

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>School</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }}
dt {{ font-family: ui-monospace, monospace; margin-top: 1rem }}
dd {{ margin: 0 }}
</style>
<h1>School</h1>
<p>The site under test: {members} members, their scores, and one large Excel export.</p>
<dl>
{entries}
</dl>
</html>
"""


@require_safe
def index(_request: HttpRequest) -> HttpResponse:
    """Answer with every address of the site; takes no query."""
    entries = format_html_join("\n", "<dt>{}</dt>\n<dd>{}</dd>", _entries())
    return HttpResponse(format_html(PAGE, members=settings.MEMBERS, entries=entries))


def _entries() -> list[tuple[str, str]]:
    export, member, wait = reverse("export"), reverse("member", args=[1]), reverse("wait")
    return [
        (_link(reverse("members"), "?page=2"), f"{PAGE_SIZE} members with their scores summed up; page from 1"),
        (_link(member), "one member with all scores"),
        (
            f"POST {reverse('scores', args=[1])}",
            'stores a score: {"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"}',
        ),
        (
            _link(export, f"?rows=100&strategy={settings.EXPORT_STRATEGY}"),
            f"a workbook of members; rows from 1 to {MOST_ROWS} (default: all), strategy: {', '.join(STRATEGIES)}",
        ),
        (_link(wait, "?db_ms=200"), f"one slow query; db_ms from 0 to {LONGEST_MS} (default: {DEFAULT_MS})"),
        (_link(reverse("healthz")), "whether the database answers"),
    ]


def _link(path: str, query: str = "") -> str:
    return format_html('<a href="{0}">{0}</a>', path + query)
