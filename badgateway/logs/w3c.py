"""Access logs of columns whose names are in a line of their own: CloudFront's, between tabs, and those of IIS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, finite, status_code, text_literal

FIELDS = "#Fields: "
_STATUS_OF_WINDOWS = "sc-win32-status"
LOOKS_LIKE_CLOUDFRONT = (
    rf"\d{{4}}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{{3}}\d+(?:-\w+)?\t|{FIELDS}(?!.*{_STATUS_OF_WINDOWS})"
)
LOOKS_LIKE_IIS = (
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:\S+ ){0,2}[0-9a-f.:]{7,} [A-Z]+ /\S* (?:\S+ ){3,}\d{3} \d+ \d+|"
    rf"{FIELDS}.*{_STATUS_OF_WINDOWS}"
)
_OF_CLOUDFRONT = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
    "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
    "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type"
)
COLUMNS_OF_CLOUDFRONT = tuple(_OF_CLOUDFRONT.split())
_OF_IIS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status "
    f"sc-substatus {_STATUS_OF_WINDOWS} time-taken"
)
_DETAILS = {
    "OriginConnectError": Reason.UNCONNECTED,
    "OriginDnsError": Reason.UNRESOLVED,
    "OriginCommError": Reason.LOST,
    "OriginInvalidResponseError": Reason.BAD_HEADER,
    "ClientCommError": Reason.CLIENT_GONE,
}
# What Windows' HTTP client says of the server behind, by itself or as a result of a call (0x80070000 and more).
_WINDOWS = {
    str(number + offset): reason
    for number, reason in {
        12002: Reason.READ_TIMEOUT,
        12007: Reason.UNRESOLVED,
        12029: Reason.UNCONNECTED,
        12030: Reason.CLOSED,
        12152: Reason.BAD_HEADER,
        12175: Reason.NO_TLS,
    }.items()
    for offset in (0, 0x80070000)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The columns of a log."""

    names: Sequence[str]
    delimiter: str
    """SQL for what stands between them."""

    @classmethod
    def of(cls, lines: Sequence[str], usual: str, delimiter: str) -> "_Columns":
        named = next((line.removeprefix(FIELDS) for line in lines if line.startswith(FIELDS)), usual)
        return cls(names=named.split(), delimiter=delimiter)

    def sql(self, name: str) -> str:
        """Return SQL for the text of a column; NULL where there is none."""
        if name not in self.names:
            return "CAST(NULL AS VARCHAR)"
        return f"nullif(split_part(line, {self.delimiter}, {self.names.index(name) + 1}), '-')"

    def time_s(self) -> str:
        """Return SQL for the time, which is UTC."""
        return f"epoch(TRY_CAST({self.sql('date')} || ' ' || {self.sql('time')} || '+00' AS TIMESTAMPTZ))"


def _reason(text: str, reasons: Mapping[str, str]) -> str:
    cases = " ".join(f"WHEN {text_literal(name)} THEN '{reason}'" for name, reason in reasons.items())
    return f"CASE {text} {cases} END"


def cloudfront_format(lines: Sequence[str]) -> LineFormat:
    """How to read a log whose first lines, one with the columns' names among them, are these."""
    columns = _Columns.of(lines, _OF_CLOUDFRONT, "chr(9)")
    status, detail = columns.sql("sc-status"), columns.sql("x-edge-detailed-result-type")
    return LineFormat(
        kind=LogKind.CLOUDFRONT,
        status=f"CASE WHEN {status} = '000' THEN 499 ELSE {status_code(status)} END",
        time_s=columns.time_s(),
        claims_to_be_a_request="line NOT LIKE '#%'",
        columns={
            "method": columns.sql("cs-method"),
            "uri": columns.sql("cs-uri-stem"),
            "duration_s": finite(columns.sql("time-taken")),
            "body_bytes": f"TRY_CAST({columns.sql('sc-bytes')} AS BIGINT)",
            # An origin's own error: its status came through.
            "app_status": f"CASE WHEN {detail} = 'OriginError' THEN {status_code(status)} END",
            "proxy_reason": f"CASE WHEN {detail} = 'OriginCommError' AND {status} = '504' "
            f"THEN '{Reason.READ_TIMEOUT}' ELSE {_reason(detail, _DETAILS)} END",
        },
    )


def iis_format(lines: Sequence[str]) -> LineFormat:
    """How to read a log of IIS, as above."""
    columns = _Columns.of(lines, _OF_IIS, "' '")
    status, of_windows = columns.sql("sc-status"), columns.sql(_STATUS_OF_WINDOWS)
    return LineFormat(
        kind=LogKind.IIS,
        status=status_code(status),
        time_s=columns.time_s(),
        claims_to_be_a_request="line NOT LIKE '#%'",
        columns={
            "method": columns.sql("cs-method"),
            "uri": columns.sql("cs-uri-stem"),
            "duration_s": f"{finite(columns.sql('time-taken'))} / 1e3",
            "body_bytes": f"TRY_CAST({columns.sql('sc-bytes')} AS BIGINT)",
            "client": columns.sql("c-ip"),
            "proxy_reason": f"CASE WHEN {status} = '502' THEN {_reason(of_windows, _WINDOWS)} END",
        },
    )
