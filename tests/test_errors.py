import pytest

from badgateway.errors import first_line


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("uWSGI ended with status 1; last log lines:\nno such module\nbye", "uWSGI ended with status 1"),
        ("Locust was ended by SIGKILL; last log lines:\n", "Locust was ended by SIGKILL"),
        ("nginx is gone; last seen yesterday", "nginx is gone; last seen yesterday"),
    ],
)
def test_what_announces_lines_of_a_log_goes_with_them(message, told):
    assert first_line(message) == told
