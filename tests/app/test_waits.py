import pytest
from django.db import OperationalError


def test_a_wait_takes_its_time_in_one_query(client, sleeps):
    answer = client.get("/wait/?db_ms=1500")

    assert answer.json() == {"db_ms": 1500}
    assert sleeps == [1.5]


def test_a_wait_takes_20_ms_unless_told_otherwise(client, sleeps):
    client.get("/wait/")

    assert sleeps == [0.02]


@pytest.mark.parametrize("db_ms", ["-1", "60001", "abc", "", "1e3", "nan"])
def test_a_wait_of_another_length_is_a_bad_request_and_asks_nothing(client, sleeps, db_ms):
    answer = client.get("/wait/", {"db_ms": db_ms})

    assert answer.status_code == 400
    assert answer.json()["error"] == f"db_ms={db_ms!r} is not a whole number from 0 to 60000"
    assert sleeps == []


@pytest.mark.usefixtures("interrupted_sleep")
def test_an_interrupted_wait_is_an_error_not_a_short_wait(client):
    with pytest.raises(OperationalError, match="SLEEP was interrupted"):
        client.get("/wait/")


def test_the_site_is_healthy_when_its_database_answers(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.usefixtures("interrupted_sleep")
def test_an_error_is_answered_in_json_and_does_not_tell_its_cause(client):
    client.raise_request_exception = False

    answer = client.get("/wait/")

    assert answer.status_code == 500
    assert answer.json() == {"error": "Internal Server Error"}


def test_a_host_that_is_not_allowed_is_refused(client):
    answer = client.get("/healthz", headers={"host": "elsewhere.example"})

    assert answer.status_code == 400
    assert answer.json() == {"error": "Bad Request"}
