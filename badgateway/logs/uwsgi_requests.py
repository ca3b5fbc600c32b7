"""uWSGI's stock request lines."""

from badgateway.logs.line_format import LineFormat, epoch_s, extracted, number
from badgateway.model.evidence import LogKind

_CLAIM = r"regexp_matches(line, '\[pid: \d+\|(?:app|worker): ')"
_STATUS = number(r" => generated \d+ bytes in \d+ [a-z]+.*?\((?:\S+|-)? ?(\d{3})\) ", "INTEGER")
_STARTED = extracted(r"\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\] ")
_TIMING = r" => generated \d+ bytes in (\d+) "


def uwsgi_format(utc_offset_s: float) -> LineFormat:
    """How to read request lines whose local time is utc_offset_s ahead of UTC."""
    duration_s = f"coalesce({number(_TIMING + 'msecs', 'DOUBLE')} / 1e3, {number(_TIMING + 'micros', 'DOUBLE')} / 1e6)"
    # uWSGI logs when the request came, padded to two places with a space.
    unpadded = f"replace({_STARTED}, '  ', ' ')"
    started_s = f"{epoch_s(unpadded, '%a %b %d %H:%M:%S %Y')} - {utc_offset_s!r}"
    return LineFormat(
        kind=LogKind.UWSGI,
        status=f"CASE WHEN {_CLAIM} THEN {_STATUS} END",
        time_s=f"CASE WHEN {_CLAIM} THEN {started_s} + coalesce({duration_s}, 0) END",
        has_local_times=True,
        claims_to_be_a_request=_CLAIM,
        columns={
            "duration_s": duration_s,
            "method": extracted(r"\d{4}\] ([A-Z]+) .* => generated "),
            "uri": extracted(r"\d{4}\] [A-Z]+ (.*) => generated "),
            "app_pid": number(r"\[pid: (\d+)\|(?:app|worker): ", "INTEGER"),
            "body_bytes": number(r" => generated (\d+) bytes ", "BIGINT"),
        },
    )
