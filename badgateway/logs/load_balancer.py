"""Access logs of AWS load balancers, Application and Classic."""

from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, extracted, finite, request_columns, status_code


def _field(position: int) -> str:
    # Only fields behind the quoted request can hold a space.
    return f"split_part(line, ' ', {position})"


def _duration(position: int) -> str:
    # The balancer writes -1 where there was nothing to time: no target took the request, or it closed unanswered.
    seconds = finite(_field(position))
    return f"CASE WHEN {seconds} >= 0 THEN {seconds} END"


def _instant(text: str) -> str:
    return f"epoch(TRY_CAST({text} AS TIMESTAMPTZ))"


_REQUEST = "split_part(line, '\"', 2)"


def _columns(first_duration: int) -> dict[str, str]:
    to_target, target, to_client = (_duration(first_duration + step) for step in range(3))
    target_address = _field(first_duration - 1)
    request = request_columns(_REQUEST)
    return {
        "method": request["method"],
        # The balancer logs the whole URL.
        "uri": rf"regexp_replace({request['uri']}, '^\w+://[^/]*', '')",
        "upstream_addr": f"nullif({target_address}, '-')",
        # An ALB writes '-', a Classic balancer 0, where no target answered.
        "upstream_status": f"nullif(nullif({_field(first_duration + 4)}, '-'), '0')",
        "upstream_tries": f"CASE WHEN {target_address} = '-' THEN 0 ELSE 1 END",
        "upstream_connect_s": to_target,
        "upstream_header_s": target,
        "upstream_response_s": f"{target} + {to_client}",
        "has_upstream_times": "TRUE",
        "body_bytes": f"TRY_CAST({_field(first_duration + 6)} AS BIGINT)",
        "duration_s": f"{to_target} + {target} + {to_client}",
    }


_CREATED = _instant(extracted(r'" \d+ (\d{4}-\d\d-\d\dT[\d:.]+Z) "'))
_ALB_ENDED = _instant(_field(2))
_ALB_COLUMNS = _columns(first_duration=6)

ALB = LineFormat(
    kind=LogKind.ALB,
    status=status_code(_field(9)),
    time_s=_ALB_ENDED,
    columns={
        **_ALB_COLUMNS,
        # The three durations do not add up when one is -1, and that is when a 502 or 504 must be timed.
        "duration_s": f"coalesce(round({_ALB_ENDED} - {_CREATED}, 6), {_ALB_COLUMNS['duration_s']})",
        "request_id": extracted(r'"(Root=[^"]+)"'),
    },
)

_CLASSIC_COLUMNS = _columns(first_duration=5)

CLASSIC_ELB = LineFormat(
    kind=LogKind.CLASSIC_ELB,
    status=status_code(_field(8)),
    # A Classic balancer logs when the request came.
    time_s=f"{_instant(_field(1))} + coalesce({_CLASSIC_COLUMNS['duration_s']}, 0)",
    columns=_CLASSIC_COLUMNS,
)

LOOKS_LIKE_ALB = r"(?:https?|h2|grpcs|wss?) \d{4}-\d\d-\d\dT[\d:.]+Z \S+ \S+:\d+ (?:\S+:\d+|-) (?:-?[\d.]+ ){3}[\d-]+ "
LOOKS_LIKE_CLASSIC_ELB = r"\d{4}-\d\d-\d\dT[\d:.]+Z \S+ \S+:\d+ (?:\S+:\d+|-) (?:-?[\d.]+ ){3}[\d-]+ [\d-]+ "
