"""Lines in the combined format, which nginx writes when nothing else is said, and Gunicorn too."""

from badgateway.logs.line_format import LineFormat, epoch_s, extracted, number, request_columns
from badgateway.model.evidence import LogKind

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_AFTER_REQUEST = "split_part(line, '\"', 3)"
_TIME = "substr(line, position(' [' IN line) + 2, 26)"

_STATUS_BY_PATTERN = number(rf"\] {_QUOTED} ([1-9]\d\d) ", "INTEGER")
_LOWEST, _HIGHEST = 100, 999
_STATUS_TEXTS = ", ".join(f"' {status} '" for status in range(_LOWEST, _HIGHEST + 1))
STATUS_TYPE = f"CREATE TYPE status_text AS ENUM ({_STATUS_TEXTS})"
"""What the formats here need in their database: a cast to it tells a status as strictly as a pattern, but sooner."""

_STATUS_PLACE = f"enum_code(TRY_CAST(left({_AFTER_REQUEST}, 5) AS status_text))"
# The split and the cast are four times as fast as the pattern, which is needed only where the request holds an escaped
# quote. CASE leaves it out for the other lines, coalesce would not.
_STATUS = f"""
    CASE WHEN {_STATUS_PLACE} IS NOT NULL THEN {_STATUS_PLACE} + {_LOWEST} ELSE {_STATUS_BY_PATTERN} END
"""

_EXTRA_NUMBER = r'"?(?:[\d.-]+(?:, | : ))*([\d.]+)"?(?: |$)'
"""A value such as rt=0.004 or uht="0.003, 0.004" that many put behind the combined fields; the last try's."""


def _extra(names: str) -> str:
    return number(rf" (?:{names})={_EXTRA_NUMBER}", "DOUBLE")


_COLUMNS = {
    **request_columns(extracted(r'\] "((?:[^"\\]|\\.)*)" ')),
    "body_bytes": number(r'" \d{3} (\d+)', "BIGINT"),
    "duration_s": _extra("rt|request_time"),
    "upstream_connect_s": _extra("uct|upstream_connect_time"),
    "upstream_header_s": _extra("uht|upstream_header_time"),
    "upstream_response_s": _extra("urt|upstream_response_time"),
    "has_upstream_times": r"regexp_matches(line, ' (?:uct|upstream_connect_time)=.* (?:uht|upstream_header_time)=')",
}

COMBINED = LineFormat(
    kind=LogKind.NGINX_COMBINED,
    status=_STATUS,
    time_s=epoch_s(_TIME, "%d/%b/%Y:%H:%M:%S %z"),
    columns=_COLUMNS,
)

_LOOKS_COMBINED = r"regexp_matches(line, '^\S+ \S+ \S+ \[\d\d/')"

GUNICORN = LineFormat(
    kind=LogKind.GUNICORN,
    status=f"CASE WHEN {_LOOKS_COMBINED} THEN {_STATUS} END",
    time_s=f"CASE WHEN {_LOOKS_COMBINED} THEN {COMBINED.time_s} END",
    claims_to_be_a_request=_LOOKS_COMBINED,
    columns=_COLUMNS,
)
