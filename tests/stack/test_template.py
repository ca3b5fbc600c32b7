import pytest

from badgateway.errors import ConfigurationError
from badgateway.stack.template import fill


def test_values_are_filled_in_and_dollars_are_the_servers_own():
    assert fill("x", "listen @{port}; # $host ${uri}", {"port": 80}) == "listen 80; # $host ${uri}"


def test_an_unknown_value_is_refused_with_the_file_and_what_is_allowed():
    with pytest.raises(ConfigurationError) as refusal:
        fill("servers/nginx.conf", "@{prot}", {"port": 80, "host": "h"})

    assert str(refusal.value) == "servers/nginx.conf: unknown value @{prot}; allowed are @{host}, @{port}"


@pytest.mark.parametrize("text", ["@port", "a@b", "@{Port", "@"])
def test_a_stray_at_sign_does_not_pass_as_text(text):
    with pytest.raises(ConfigurationError, match=r"servers/x: @ must begin one of @\{port\}"):
        fill("servers/x", text, {"port": 80})


def test_a_doubled_at_sign_is_one():
    assert fill("x", "a@@b", {}) == "a@b"
