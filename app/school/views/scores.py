"""A new score: the site's one write."""

import json

from django.core.exceptions import BadRequest
from django.forms import DateField, Form, IntegerField, ModelChoiceField
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from school.models import Course, Member, Score


class ScoreForm(Form):
    """What makes a valid score."""

    course = ModelChoiceField(Course.objects.all(), to_field_name="code")
    points = IntegerField(min_value=0, max_value=100)
    taken_on = DateField()


@csrf_exempt
@require_POST
def add_score(request: HttpRequest, member_id: int) -> JsonResponse:
    """Store a score given as JSON: {"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"}.

    Raises:
        BadRequest: The body is no such object; the message says why.
    """
    member = get_object_or_404(Member, pk=member_id)
    form = ScoreForm(_fields(request.body))
    if not form.is_valid():
        raise BadRequest(" ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()))
    score = Score.objects.create(member=member, **form.cleaned_data)
    return JsonResponse({"id": score.pk, "member": member.pk, "points": score.points}, status=201)


def _fields(body: bytes) -> dict[str, str]:
    """Return the fields of a JSON object as the text a form would send; nested values have no such text."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON") from None
    if not isinstance(fields, dict) or any(isinstance(value, dict | list) for value in fields.values()):
        raise BadRequest("The body is not a JSON object of plain values")
    return {name: "" if value is None else str(value) for name, value in fields.items()}
