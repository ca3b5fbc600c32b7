"""What the kinds of logs tell of what stands before the servers."""

import pytest

from badgateway.model.log_kind import LogKind, Proxy
from badgateway.report.explanation.servers import fronts
from badgateway.servers import gunicorn
from badgateway.servers.advice import FRONTS
from tests.report.explanation.samples import file_read

SERVER = gunicorn.LOG.kind


@pytest.mark.parametrize(
    ("kinds", "is_nginx"),
    [
        ((LogKind.NGINX_COMBINED, SERVER), True),
        ((LogKind.NGINX_COMBINED, LogKind.APACHE_ERROR), False),
        ((LogKind.NGINX_COMBINED, LogKind.NGINX_ERROR, LogKind.APACHE_ERROR), True),
        ((LogKind.HEROKU, SERVER), False),
        ((LogKind.TRAEFIK, LogKind.TRAEFIK_LOG), False),
        ((LogKind.ALB,), True),
        ((LogKind.ALB, SERVER), False),
        ((LogKind.ALB, LogKind.NGINX_ERROR), True),
        ((SERVER,), True),
        ((), True),
    ],
)
def test_nginx_is_advised_where_it_may_be_there(kinds, is_nginx):
    found = fronts([file_read(f"{number}.log", kind) for number, kind in enumerate(kinds)])

    assert ("nginx" in found) is is_nginx


def test_where_nothing_tells_all_may_be_there():
    assert fronts([file_read("gunicorn.log", SERVER)]) == set(FRONTS)


@pytest.mark.parametrize("kind", [LogKind.NGINX_JSON, LogKind.OWN_FORMAT])
def test_a_proxy_that_lines_name_is_what_stands_before_where_anybody_writes_such_a_log(kind):
    log = [file_read("access.log", kind)]

    assert fronts(log, {Proxy.ENVOY}) == {"Envoy"}
    assert "nginx" not in fronts(log, {Proxy.GOROUTER})
    assert "nginx" in fronts(log, {Proxy.ENVOY, Proxy.NGINX})
    assert "nginx" in fronts(log)
