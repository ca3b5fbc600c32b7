import json
from typing import Any

import pytest
from django.test import Client

from school.models import Score

GOOD = {"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"}


def post(client: Client, body: object, member_id: int = 7) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(f"/members/{member_id}/scores/", data, content_type="application/json")


def test_a_good_score_is_stored(client):
    answer = post(client, GOOD)

    assert answer.status_code == 201
    score = Score.objects.get(pk=answer.json()["id"])
    assert (score.member.pk, score.course.code, score.points, str(score.taken_on)) == (7, "ALG-1", 87, "2026-03-01")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"points": 101}, "points: Ensure this value is less than or equal to 100."),
        ({"points": -1}, "points: Ensure this value is greater than or equal to 0."),
        ({"points": 1.5}, "points: Enter a whole number."),
        ({"points": True}, "points: Enter a whole number."),
        ({"points": None}, "points: This field is required."),
        ({"course": "ALG-9"}, "course: Select a valid choice."),
        ({"course": "\ud800"}, "course: Select a valid choice."),
        ({"taken_on": "yesterday"}, "taken_on: Enter a valid date."),
        ({"taken_on": 20260301}, "taken_on: Enter a valid date."),
        ({"taken_on": ["2026-03-01"]}, "The body is not a JSON object of plain values"),
        ({"points": {"value": 3}}, "The body is not a JSON object of plain values"),
    ],
)
def test_a_wrong_field_is_a_bad_request_that_names_it_and_stores_nothing(client, change, reason):
    before = Score.objects.count()

    answer = post(client, GOOD | change)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert Score.objects.count() == before


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_is_a_bad_request_that_names_it(client, field):
    answer = post(client, {name: value for name, value in GOOD.items() if name != field})

    assert answer.status_code == 400
    assert answer.json()["error"] == f"{field}: This field is required."


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[1]", b'"text"', b"null", b"7", b"[" * 100_000, b'{"points": ' + b"9" * 5000 + b"}"],
    ids=["empty", "cut", "not UTF-8", "list", "text", "null", "number", "nested deeply", "huge number"],
)
def test_a_body_that_is_no_json_object_is_a_bad_request(client, body):
    answer = post(client, body)

    assert answer.status_code == 400
    assert "The body is not" in answer.json()["error"]


def test_a_score_of_an_unknown_member_is_not_found(client):
    assert post(client, GOOD, member_id=999_999).status_code == 404


def test_scores_cannot_be_read_at_the_address_for_writing(client):
    assert client.get("/members/7/scores/").status_code == 405
