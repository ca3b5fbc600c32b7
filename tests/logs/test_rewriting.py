"""Lines in another spelling are read by what they say: LTSV, logfmt, CloudFront's JSON."""

import pytest

from badgateway.logs import Source, read_logs
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.rewriting import rewritten
from badgateway.model.log_kind import LogKind

NOON_S = 1795262400.0
LTSV = "time:21/Nov/2026:13:00:00 +0100\thost:203.0.113.7\treq:GET /x HTTP/1.1\tstatus:502\tsize:157\treqtime:0.250"
LOGFMT = 'time=2026-11-21T12:00:00Z level=error msg="the request" method=GET path=/x status=502 duration=250ms'
CLOUDFRONT = (
    '{"date":"2026-11-21","time":"12:00:00","x-edge-location":"FRA56-P1","sc-bytes":"157","cs-method":"GET",'
    '"cs-uri-stem":"/x","sc-status":"502","time-taken":"0.250","x-edge-detailed-result-type":"OriginConnectError"}'
)


@pytest.mark.parametrize(
    ("line", "kind"),
    [(LTSV, LogKind.NGINX_JSON), (LOGFMT, LogKind.NGINX_JSON), (CLOUDFRONT, LogKind.CLOUDFRONT)],
)
def test_a_line_in_another_spelling_is_read_as_what_it_says(tmp_path, line, kind):
    (tmp_path / "log").write_text(f"{line}\n" * 2)
    evidence = read_logs([Source(name="log", content=tmp_path / "log")])

    columns = "source, time_s, status, method, uri, duration_s"
    found = evidence.connection.table("failures").project(columns).fetchall()
    assert found == [(kind, NOON_S, 502, "GET", "/x", 0.25)] * 2
    assert [file.malformed_lines for file in evidence.files] == [0]


@pytest.mark.parametrize(
    "line",
    [
        LTSV.replace("status:", "state:"),
        LOGFMT.replace(" status=502", ""),
        LOGFMT + " and more",
        CLOUDFRONT.replace("sc-status", "status"),
        'at=error code=H12 desc="Request timeout" method=GET path="/x" dyno=web.1 status=503 bytes=0',
        "a=" * 2000,
        "a:b\t" * 2000,
    ],
)
def test_what_only_looks_so_stays_as_it_is(line):
    assert rewritten(line) is None
    assert Prefixes([line]).unwrap(line).text == line
