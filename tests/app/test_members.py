import pytest
from django.db import connection
from django.db.models import Avg
from django.test.utils import CaptureQueriesContext

from school.models import Member, Score
from tests.app.conftest import MEMBERS


def test_a_page_lists_twenty_members_in_order(client):
    page = client.get("/members/?page=2").json()

    assert [member["id"] for member in page["members"]] == list(range(21, 41))
    assert (page["page"], page["pages"], page["count"]) == (2, MEMBERS // 20, MEMBERS)


def test_without_a_page_the_first_is_listed(client):
    assert client.get("/members/").json() == client.get("/members/?page=1").json()


def test_a_listed_average_is_that_of_the_members_own_scores(client):
    members = client.get("/members/").json()["members"]

    for member in members:
        scores = Score.objects.filter(member=member["id"])
        assert member["average_points"] == scores.aggregate(value=Avg("points"))["value"]
        assert member["score_count"] == scores.count() > 0


def test_a_member_without_scores_has_no_average_rather_than_zero(client):
    member = client.get("/members/100/").json()

    assert (member["score_count"], member["average_points"], member["scores"]) == (0, None, [])


@pytest.mark.parametrize("page", [1, 3, 6])
def test_every_page_takes_three_queries(client, page):
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/members/?page={page}")

    assert len(queries) == 3


@pytest.mark.parametrize("page", ["0", "-1", "abc", "", "1.5", "9" * 5000, "\x00"])
def test_a_page_that_is_no_page_number_is_a_bad_request(client, page):
    answer = client.get("/members/", {"page": page})

    assert answer.status_code == 400
    assert "is not a whole number from 1 to" in answer.json()["error"]


def test_a_page_after_the_last_is_not_found(client):
    answer = client.get("/members/?page=7")

    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no page 7"}


def test_a_member_is_shown_with_scores_in_the_order_they_were_taken(client):
    member = client.get("/members/7/").json()

    assert member["number"] == "M0000007"
    assert len(member["scores"]) == member["score_count"]
    assert [score["taken_on"] for score in member["scores"]] == sorted(score["taken_on"] for score in member["scores"])


@pytest.mark.parametrize("member_id", [0, MEMBERS + 1, 10**30])
def test_an_unknown_member_is_not_found(client, member_id):
    assert not Member.objects.filter(pk=member_id).exists()
    assert client.get(f"/members/{member_id}/").status_code == 404


def test_an_unknown_address_is_not_found_in_json_and_lists_no_addresses(client):
    answer = client.get("/nothing-here")

    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing at /nothing-here"}
