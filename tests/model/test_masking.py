import pytest

from badgateway.model.masking import (
    is_secret_file,
    is_secret_name,
    masked,
    masked_sql,
    masked_values,
    masked_values_sql,
    masking_steps,
)
from tests.in_memory import empty_database

VALUES = (
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
RESET = "5xy-abcdef0123456789abcdef0123456789"
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
TOKENS = (
    (f"GET /reset/MQ/{RESET}/ HTTP/1.1", "GET /reset/.../.../ HTTP/1.1"),
    (f"/accounts/{RESET}", "/accounts/..."),
    ("/reset/MQ/5xy-abcdef/", "/reset/.../.../"),
    ("/invite/h7Qk2Lp9/accept", "/invite/.../accept"),
    ("/activate/482913", "/activate/..."),
    ("/reset/MQ/set-password/", "/reset/.../set-password/"),
    ("/password/letmein/", "/password/.../"),
    ("/password/reset/confirm/letmein/", "/password/reset/confirm/.../"),
    ("/token/secret/abc HTTP/1.1", "/token/secret/... HTTP/1.1"),
    ("/api/token/SECRETPATH/", "/api/token/.../"),
    ("/confirm/correct-horse-battery-staple-xyzzy/", "/confirm/.../"),
    ("/phone/+491701234567/", "/phone/.../"),
    ("/user_token/letmein?x", "/user_token/...?..."),
    ("/i/SGVsbG8gd29ybGQ/", "/i/.../"),
    ("/i/QWxhZGRpbg==/", "/i/.../"),
    ("/i/QWxhZGRpbg%3D%3D", "/i/..."),
    (
        '203.0.113.9 - bob:hunter2 [28/Nov/2026:10:00:30 +0000] "GET',
        '203.0.113.9 - ... [28/Nov/2026:10:00:30 +0000] "GET',
    ),
    ('{"remote_user": "bob:hunter2", "n": 1}', '{"remote_user": "...", "n": 1}'),
    ("/shop;jsessionid=0A1B2C3D?x=1", "/shop;jsessionid=..."),
    ("/shop%3Bsid=0A1B2C3D/next", "/shop%3Bsid=.../next"),
    (f"/login/{SIGNED}/", "/login/.../"),
    (f"invalid token {SIGNED}: expired", "invalid token ... expired"),
    ("/share/dGhpc0lzQVRva2VuT2ZNaW5l/file.pdf", "/share/.../file.pdf"),
    ("/d/0123456789abcdef0123456789abcdef/x", "/d/.../x"),
    ("/d/550e8400-e29b-41d4-a716-446655440000/x", "/d/.../x"),
    ("/unsubscribe/ann.lee@example.org HTTP", "/unsubscribe/... HTTP"),
    ("/u/ann%40example.org/", "/u/.../"),
    ("duplicate key: Key (email)=(ann@example.org) already exists", "duplicate key: Key (email)=(...) already exists"),
    ("headers={'Authorization': 'Bearer abcdef.123456', 'X': 'y'}", "headers={'Authorization': '...', 'X': 'y'}"),
    ("Authorization: Basic dXNlcjpwdw==, next", "Authorization: ..., next"),
    ("Cookie: sessionid=abcdef; csrftoken=ghijkl", "Cookie: ..."),
    ("{'HTTP_COOKIE': 'sessionid=abcdef', 'n': 1}", "{'HTTP_COOKIE': '...', 'n': 1}"),
    ('"message": "{\\"authorization\\": \\"abcdef\\"}"', '"message": "{\\"authorization\\": \\"...\\"}"'),
    ("host=db user=site password=hunter2 dbname=site", "host=db user=site password=... dbname=site"),
    ("SECRET_KEY = 'hunter2'", "SECRET_KEY = '...'"),
    ("sent Bearer abcdefgh12345678 to it", "sent Bearer ... to it"),
)
"""What stands in lines without a name before it, or by a header's name."""
KEPT = (
    "/blog/how-to-write-a-very-long-title-about-502-in-2024/",
    "/static/js/main.3f2a1bc9d0e4f5a6.js",
    "/members/1234567/export",
    "/m%C3%BCller-stra%C3%9Fe-und-stra%C3%9Fenbahn/",
    "/usr/lib/python3.11/site-packages/django/core/handlers/exception.py",
    "gunicorn@site.service: Main process exited, code=killed, status=9/KILL",
    "(using password: YES)",
    "password authentication failed for user",
    "[error] 29#29: *8 connect() to unix:/run/web.sock failed (11: Resource temporarily unavailable) while connecting",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "web-7d9f8b6c5d-x2x7k web [2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)",
    '2 "app@docker" "http://172.18.0.3:8000" 0ms',
    "Unexpected exit from worker-1",
    "/api/token/refresh/",
    "/accounts/password/reset/done/",
    "/password_reset/confirm/",
    '"GET /token/ HTTP/1.1" 502',
    "/srv/app/invitations/views.py",
    "/phones/iPhone15ProMax/",
    "/wiki/HowToWriteGoodCode",
    "/hotpot/menu/",
    "203.0.113.9 - bob [28/Nov/2026:10:00:30 +0000]",
    "Dec  6 14:48:56 lb haproxy[12]: 203.0.113.9:51200 [06/Dec/2024:14:48:56.889] web~ app/app1",
)
"""What a reader needs, and is no secret."""
CASES = (*VALUES, *TOKENS, *((text, text) for text in KEPT))


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_secrets_are_masked_and_names_stay(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_what_logs_are_joined_by_loses_its_values_alone(text, expected):
    assert masked_values(text) == expected


@pytest.mark.parametrize("text", [f"GET /reset/MQ/{RESET}/ HTTP/1.1", *KEPT])
def test_what_logs_are_joined_by_keeps_its_path(text):
    assert masked_values(text) == text


def in_sql(query, text):
    with empty_database() as connection:
        ((found,),) = connection.execute(query, [text]).fetchall()
    return found


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_sql_masks_as_python_does(text):
    steps = "SELECT ? AS text"
    for columns in masking_steps(["text"]):
        steps = f"SELECT {columns} FROM ({steps})"

    assert in_sql(f"SELECT {masked_sql('text')} FROM (SELECT ? AS text)", text) == masked(text)
    assert in_sql(f"SELECT {masked_values_sql('text')} FROM (SELECT ? AS text)", text) == masked_values(text)
    assert in_sql(steps, text) == masked_values(text)


def test_masking_twice_changes_nothing_more():
    assert all(masked(expected) == expected for _, expected in CASES)


@pytest.mark.parametrize("name", ["SECRET_KEY", "sentry_dsn", "PASSWORD_SALT", "DB_PWD", "AWS_CREDENTIALS", "apikey"])
def test_variables_are_secret_by_their_names(name):
    assert is_secret_name(name)
    assert not is_secret_name("PAGE_SIZE")


@pytest.mark.parametrize("name", [".env", ".env.production", ".envrc"])
def test_files_are_secret_by_their_names(name):
    assert is_secret_file(name)
    assert not is_secret_file("environment.py")
