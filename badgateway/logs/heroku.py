"""Lines of Heroku's router, and the errors that it names by a code."""

from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, extracted, number

LOOKS_LIKE_HEROKU = r".{0,80}?at=\w+ (?:code=\w+ desc=\"[^\"]*\" )?method=[A-Z]+ path="
_WRITTEN = extracted(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d))")
_CODE = extracted(r" code=([HR]\d\d)\b")
_REASONS = {
    "H10": Reason.HEROKU_NOT_RUNNING,
    "H12": Reason.HEROKU_TIMEOUT,
    "H13": Reason.CLOSED,
    "H14": Reason.HEROKU_NOT_RUNNING,
    "H18": Reason.BODY_CUT,
    "H20": Reason.HEROKU_NOT_RUNNING,
    "H21": Reason.REFUSED,
    "H27": Reason.CLIENT_GONE,
    "H28": Reason.CLIENT_GONE,
}


def _reason() -> str:
    cases = " ".join(f"WHEN '{code}' THEN '{reason}'" for code, reason in _REASONS.items())
    return f"CASE {_CODE} {cases} ELSE CASE WHEN {_CODE} IS NOT NULL THEN '{Reason.HEROKU_OTHER}' END END"


_SERVICE_S = f"{number(' service=([0-9]+)ms', 'DOUBLE')} / 1000"

HEROKU = LineFormat(
    kind=LogKind.HEROKU,
    status=number(r" status=(\d{3})\b", "INTEGER"),
    time_s=f"epoch(TRY_CAST({_WRITTEN} AS TIMESTAMPTZ))",
    columns={
        "method": extracted(r" method=([A-Z]+) "),
        "uri": extracted(r' path="((?:[^"\\]|\\.)*)"'),
        "duration_s": _SERVICE_S,
        "upstream_addr": extracted(r" dyno=(\S+)"),
        "upstream_connect_s": f"{number(' connect=([0-9]+)ms', 'DOUBLE')} / 1000",
        "request_id": extracted(r" request_id=(\S+)"),
        "body_bytes": number(r" bytes=(\d+)", "BIGINT"),
        # The router made the status where it names a code; else the application did.
        "upstream_header_s": f"CASE WHEN {_CODE} IS NULL THEN {_SERVICE_S} END",
        "has_upstream_times": "TRUE",
        "proxy_reason": _reason(),
    },
)
