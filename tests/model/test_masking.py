import pytest

from badgateway.model.printable import masked, masked_sql, masking_steps
from tests.in_memory import empty_database

CASES = (
    ("/reset?token=abc", "/reset?token=..."),
    ("/a?page=2&token=abc&x=", "/a?page=...&token=...&..."),
    ("/reset?abcdef0123 HTTP/1.1", "/reset?... HTTP/1.1"),
    ("/a?x&y&z=1", "/a?...&...&z=..."),
    # A long token with base64's padding is no key.
    ("/a?" + "Qx" * 30 + "==", "/a?..."),
    ('"https://ann:secret@example.org/x?sid=1"', '"https://...@example.org/x?sid=..."'),
    ("mysql://site:p@ss@db/site", "mysql://...@db/site"),
    ('{"uri":"/a?k=v","http_cookie":"id=1; b=\\"2\\"","n":1}', '{"uri":"/a?k=...","http_cookie":"...","n":1}'),
    ('{"HTTP_AUTHORIZATION" : "Basic dTpw"}', '{"HTTP_AUTHORIZATION" : "..."}'),
    ("was sent SIGKILL! Perhaps out of memory?", "was sent SIGKILL! Perhaps out of memory?"),
    ("https://example.org/a@b", "https://example.org/a@b"),
    ("", ""),
)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_secrets_are_masked_and_names_stay(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_sql_masks_as_python_does(text):
    with empty_database() as connection:
        ((at_once,),) = connection.execute(f"SELECT {masked_sql('text')} FROM (SELECT ? AS text)", [text]).fetchall()
        steps = "SELECT ? AS text"
        for columns in masking_steps(["text"]):
            steps = f"SELECT {columns} FROM ({steps})"
        ((in_steps,),) = connection.execute(steps, [text]).fetchall()

    assert at_once == in_steps == masked(text)


def test_masking_twice_changes_nothing_more():
    assert all(masked(expected) == expected for _, expected in CASES)
