import dataclasses
import socket
import time

import pytest

from badgateway.databases import mariadb, postgresql
from badgateway.errors import DeploymentError
from badgateway.stack import statistics
from badgateway.stack.statistics import renew_statistics
from tests.stack.test_database import DATABASE


# pg8000 leaves the socket of a connection that did not come about to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("system", [mariadb.DATABASE, postgresql.DATABASE], ids=lambda system: system.name)
def test_a_database_that_was_stopped_is_not_waited_for_as_one_that_counts_its_rows(system, monkeypatch):
    monkeypatch.setattr(statistics, "ANSWER_DEADLINE_S", 0.2)
    begun_s = time.monotonic()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        stopped = dataclasses.replace(DATABASE, system=system, port=silent.getsockname()[1])
        with pytest.raises(DeploymentError, match=r"127\.0\.0\.1:[0-9]+: the tables' statistics: "):
            renew_statistics(stopped)

    assert time.monotonic() - begun_s < 5
