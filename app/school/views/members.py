"""The members: a page of them, or one."""

from dataclasses import asdict
from typing import Any

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from school.averages import members_with_scores, summary_of
from school.models import Member
from school.views.parameters import whole_number

PAGE_SIZE = 20
LAST_PAGE = 1_000_000


@require_safe
def member_list(request: HttpRequest) -> JsonResponse:
    """Answer with one page of members and their scores summed up; three queries, whatever the page."""
    number = whole_number(request, "page", default=1, lowest=1, highest=LAST_PAGE)
    try:
        page = Paginator(Member.objects.order_by("id").values_list("id", flat=True), PAGE_SIZE).page(number)
    except EmptyPage:
        raise Http404(f"There is no page {number}") from None
    # Summing up before paging would sum up every member of the pages before, 30 ms more on the last page.
    members = members_with_scores().filter(pk__in=list(page))
    return JsonResponse(
        {
            "page": number,
            "pages": page.paginator.num_pages,
            "count": page.paginator.count,
            "members": [_summed_up(member) for member in members],
        },
    )


@require_safe
def member_detail(_request: HttpRequest, member_id: int) -> JsonResponse:
    """Answer with one member and all their scores; two queries."""
    member = get_object_or_404(members_with_scores(), pk=member_id)
    scores = member.scores.select_related("course").order_by("taken_on", "id")
    return JsonResponse(
        _summed_up(member)
        | {
            "city": member.city,
            "joined_on": member.joined_on,
            "scores": [
                {"course": score.course.code, "points": score.points, "taken_on": score.taken_on} for score in scores
            ],
        },
    )


def _summed_up(member: Member) -> dict[str, Any]:
    return {
        "id": member.pk,
        "number": member.number,
        "name": member.full_name,
        "email": member.email,
        "level": member.level,
    } | asdict(summary_of(member))
