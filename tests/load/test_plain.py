"""Plain Locust files: what HttpUser and FastHttpUser send has a row a hop, and the words that the file said of it."""

import pytest

from badgateway.errors import LoadError
from badgateway.ledger.outcome import outcome_of_row
from badgateway.model.raw_words import ClientError
from tests.load.conftest import read_rows, run_locust
from tests.load.server import FaultyServer, faulty_server
from tests.load.test_recorder import EXPECTED

FAULTS = {
    path: told
    for path, told in EXPECTED.items()
    # Those are checks of a RecordedUser, and one has no server.
    if "workbook" not in path and path not in {"/html", "/refused", "/redirect", "/sign-in", "/empty"}
}
PATHS = [*FAULTS, "/redirect", "/empty"]
FOLDED = "GET /members/<id>/<id>/v1/"


@pytest.fixture(scope="module")
def plain_server():
    """A server that nobody else asks: its book must be the client's."""
    with faulty_server() as running:
        yield running


@pytest.fixture(scope="module")
def driven(plain_server, tmp_path_factory):
    environment = {"APP_PATHS": " ".join(PATHS)}
    folder = tmp_path_factory.mktemp("faults")
    return run_locust(
        "plain_victims",
        plain_server.url,
        folder,
        users=2,
        client_timeout_s=0.5,
        window_s=3.2,
        environment=environment,
    )


@pytest.mark.parametrize("kind", ["http", "fast"])
@pytest.mark.parametrize("path", FAULTS)
def test_a_fault_is_recorded_as_of_a_recorded_user(driven, kind, path):
    row = driven.row(f"GET {kind} {path}")

    assert (row["status"], row["error"]) == FAULTS[path], row["detail"]


@pytest.mark.parametrize("kind", ["http", "fast"])
def test_a_redirect_has_a_row_of_its_own_and_one_where_it_leads(driven, kind):
    assert driven.row(f"GET {kind} /redirect")["status"] == "302"
    assert {(row["status"], row["error"]) for row in driven.rows if row["name"] == "GET /ok"} == {("200", "")}
    assert driven.row(f"GET {kind} /empty")["error"] == ""


def test_the_book_of_the_client_is_that_of_the_server(driven, plain_server):
    asked = [request_id for _, _, request_id in plain_server.requests]

    assert len(asked) == len(set(asked))
    assert set(asked) >= {row["request_id"] for row in driven.rows}
    assert len(driven.rows) == 2 * (len(PATHS) + 1)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    with faulty_server() as running:
        return run_locust("plain_judges", running.url, folder, users=2, window_s=1.5), running


def told(judged, name: str) -> list[tuple[str, str, str]]:
    return [(row["status"], row["error"], row["accepted"]) for row in judged[0].rows if row["name"] == name]


@pytest.mark.parametrize("kind", ["http", "fast"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("POST {} sign in", [("302", "", "0")]),
        ("GET {} refused", [("200", "bad_content", "0")]),
        ("GET {} accepted", [("404", "", "1")]),
        ("GET {} accepted 502", [("502", "", "0")]),
        ("GET {} left as it is", [("404", "", "0")]),
        ("GET {} left", [("200", "", "0")]),
        ("GET {} renamed", [("404", "", "0")]),
    ],
)
def test_a_row_has_what_the_file_said_of_its_answer(judged, kind, name, expected):
    assert told(judged, name.format(kind)) == expected


def test_paths_without_a_name_have_their_numbers_folded(judged):
    assert told(judged, FOLDED) == [("404", "", "0")] * 2


def test_retries_that_the_file_asks_for_have_a_row_each(judged):
    assert told(judged, "GET http retried") == [("502", "", "0")] * 3
    assert told(judged, "GET http again") == [("0", "disconnected", "0")] * 3
    # It is no failure of the line that geventhttpclient would ask again for.
    assert told(judged, "GET fast nothing came") == [("0", "disconnected", "0")]


def test_what_the_file_asks_without_a_client_of_locust_has_a_row_too(judged):
    # After each sign-in, each user's /ok?id=7, and one by requests itself.
    assert told(judged, "GET /ok") == [("200", "", "0")] * 5


def test_forms_and_cookies_are_what_the_library_makes_of_them(judged):
    driven, server = judged
    rows = {row["name"]: row["request_id"] for row in driven.rows}
    for kind in ("http", "fast"):
        form = server.texts[rows[f"POST {kind} sign in"]]
        assert form.endswith("\r\n\r\nuser=ann&sign=a%26b")
        assert "cookie: who=me" in server.texts[rows[f"GET {kind} refused"]].lower()


def test_the_books_of_a_file_that_judges_close(judged):
    driven, server = judged

    assert sorted(row["request_id"] for row in driven.rows) == sorted(asked for _, _, asked in server.requests)


def test_a_user_that_asks_another_host_is_stopped_even_if_it_catches_everything(server: FaultyServer, tmp_path):
    with pytest.raises(LoadError, match=r"plain_tourist.py: 2 users were stopped, .* asked https://cdn.example.org"):
        run_locust("plain_tourist", server.url, tmp_path, users=2, window_s=0.5)

    assert {row["name"] for row in read_rows(tmp_path)} == {"GET /ok"}


def test_an_accepted_status_is_no_failure_and_nothing_else_can_be_accepted():
    assert outcome_of_row(404, ClientError.NONE, accepted=True) == "OK"
