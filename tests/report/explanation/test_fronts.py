"""What the kinds of logs tell of what stands before the servers."""

import pytest

from badgateway.model.log_kind import LogKind
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
