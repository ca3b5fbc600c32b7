"""CloudFront's standard access logs: columns between tabs, whose names are in a line of their own."""

from collections.abc import Sequence

from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, finite, status_code, text_literal

LOOKS_LIKE_CLOUDFRONT = r"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-\w+)?\t"
FIELDS = "#Fields: "
_STANDARD = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
    "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
    "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type"
)
_REASONS = {
    "OriginConnectError": Reason.UNCONNECTED,
    "OriginDnsError": Reason.UNRESOLVED,
    "OriginCommError": Reason.LOST,
    "OriginInvalidResponseError": Reason.BAD_HEADER,
    "ClientCommError": Reason.CLIENT_GONE,
}


def cloudfront_format(lines: Sequence[str]) -> LineFormat:
    """How to read a log whose first lines, one with the columns' names among them, are these."""
    named = next((line.removeprefix(FIELDS) for line in lines if line.startswith(FIELDS)), _STANDARD)
    names = named.split()
    status = _column(names, "sc-status")
    detail = _column(names, "x-edge-detailed-result-type")
    cases = " ".join(f"WHEN {text_literal(name)} THEN '{reason}'" for name, reason in _REASONS.items())
    when = f"{_column(names, 'date')} || ' ' || {_column(names, 'time')} || '+00'"
    return LineFormat(
        kind=LogKind.CLOUDFRONT,
        status=f"CASE WHEN {status} = '000' THEN 499 ELSE {status_code(status)} END",
        time_s=f"epoch(TRY_CAST({when} AS TIMESTAMPTZ))",
        claims_to_be_a_request="line NOT LIKE '#%'",
        columns={
            "method": _column(names, "cs-method"),
            "uri": _column(names, "cs-uri-stem"),
            "duration_s": finite(_column(names, "time-taken")),
            "body_bytes": f"TRY_CAST({_column(names, 'sc-bytes')} AS BIGINT)",
            # An origin's own error: its status came through.
            "app_status": f"CASE WHEN {detail} = 'OriginError' THEN {status_code(status)} END",
            "proxy_reason": f"CASE WHEN {detail} = 'OriginCommError' AND {status} = '504' "
            f"THEN '{Reason.READ_TIMEOUT}' ELSE CASE {detail} {cases} END END",
        },
    )


def _column(names: Sequence[str], name: str) -> str:
    if name not in names:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(split_part(line, chr(9), {names.index(name) + 1}), '-')"
