"""The proofs of worker checks as a table on a terminal."""

from dataclasses import replace

from badgateway.cli.worker_check import render_table
from badgateway.model.worker_checks import ConnectCost, WorkerCheckReport, WorkerVerdict
from tests.analysis.test_worker_checks import GOOD

TABLE = """\
server file               driver       requests    one by one  measured      verdict
------------------------  -----------  ----------  ----------  ------------  -----------
servers/gevent.py         pymysql      8 x 200 ms  1600 ms     212 ms        COOPERATIVE
servers/uwsgi_gevent.ini  mysqlclient  8 x 200 ms  1600 ms     not measured  ERRORS

servers/uwsgi_gevent.ini, mysqlclient: 10 x 500, 6 x no answer: late monkey-patch: DatabaseError

connect                median        CPU
---------------------  ------------  ------------
PyMySQL, ssl_disabled  0.3 ms        0.2 ms
mysqlclient, as it is  not measured  not measured  no module
"""


def test_a_report_is_a_table_anybody_can_read():
    failed = replace(
        GOOD,
        server="servers/uwsgi_gevent.ini",
        driver="mysqlclient",
        verdict=WorkerVerdict.ERRORS,
        wall_ms=None,
        statuses=((500, 10), (0, 6)),
        reason="late monkey-patch: DatabaseError",
    )
    costs = (
        ConnectCost(client="PyMySQL, ssl_disabled", connects=20, median_ms=0.31, cpu_ms=0.2, problem=""),
        ConnectCost(client="mysqlclient, as it is", connects=20, median_ms=None, cpu_ms=None, problem="no module"),
    )

    assert render_table(WorkerCheckReport(experiment="x", proofs=(GOOD, failed), connect_costs=costs)) == TABLE
