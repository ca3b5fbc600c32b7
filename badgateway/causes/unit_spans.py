"""Prepares spans of time in which what supervises a server says that it was not there."""

from enum import StrEnum

from badgateway.causes.conditions import listed
from badgateway.model.evidence import ServerEvent as Event


class UnitSpan(StrEnum):
    """Why it was not there."""

    ENDED = "service ended"
    OUT_OF_MEMORY = "service out of memory"
    GAVE_UP = "service given up"
    STOPPED = "service stopped"
    """Until it was started again; one that was not is stopped for good, as somebody wanted."""


TROUBLES_OF_UNITS = (Event.UNIT_ENDED, Event.UNIT_OUT_OF_MEMORY, Event.UNIT_GAVE_UP)
UNIT_EVENTS = (Event.UNIT_STOPPING, *TROUBLES_OF_UNITS)
_LOADING_S = 15
"""For so long a server that has been started may not listen yet: it imports the application."""
_RESTART_S = 600
_STOP_S = 120
"""The longest that systemd waits for a service to stop is 90 s, and it writes at the end of that."""
_FOR_GOOD_S = 86_400

UNIT_SPANS = f"""
INSERT INTO spans BY NAME
WITH told AS (
    SELECT event_id, instance, coalesce(path, '') AS unit, kind, low_s FROM timed_events
    WHERE kind IN {listed((*UNIT_EVENTS, Event.UNIT_STARTED))}),
followed AS (
    SELECT t.*,
        (SELECT arg_max(u.kind, (u.low_s, u.event_id)) FROM told u
            WHERE u.instance = t.instance AND (u.low_s, u.event_id) < (t.low_s, t.event_id)
                AND (u.kind IN {listed((Event.UNIT_STOPPING, Event.UNIT_STARTED))} AND u.unit = t.unit
                    OR u.kind = '{Event.UNIT_STOPPING}' AND u.unit = '' AND u.low_s >= t.low_s - {_STOP_S})) AS before,
        (SELECT min(u.low_s) FROM told u
            WHERE u.kind = '{Event.UNIT_STARTED}' AND u.instance = t.instance AND u.unit IN ('', t.unit)
                AND u.low_s >= t.low_s AND u.event_id > t.event_id) AS back_s
    FROM told t)
SELECT CASE kind WHEN '{Event.UNIT_ENDED}' THEN '{UnitSpan.ENDED}' WHEN '{Event.UNIT_GAVE_UP}' THEN '{UnitSpan.GAVE_UP}'
        WHEN '{Event.UNIT_STOPPING}' THEN '{UnitSpan.STOPPED}' ELSE '{UnitSpan.OUT_OF_MEMORY}' END AS kind,
    instance, low_s AS start_s, coalesce(back_s + {_LOADING_S}, low_s + {_FOR_GOOD_S}) AS end_s, event_id
FROM followed
WHERE kind IN {listed(UNIT_EVENTS)}
    -- One that was told to stop ends.
    AND NOT (kind = '{Event.UNIT_ENDED}' AND coalesce(before = '{Event.UNIT_STOPPING}', false))
    -- Without its name it may be anything that stops.
    AND NOT (kind = '{Event.UNIT_STOPPING}' AND (unit = '' OR coalesce(back_s > low_s + {_RESTART_S}, true)))
"""  # noqa: S608 # words of the evidence
