"""The grammar of nginx's error log; its patterns mean the same to Python's re and to DuckDB's regular expressions."""

from enum import StrEnum
from typing import Final

from badgateway.model.evidence import Phase


class Severity(StrEnum):
    """How grave a line is, as nginx writes it; Apache has the same words."""

    DEBUG = "debug"
    INFO = "info"
    NOTICE = "notice"
    WARN = "warn"
    ERROR = "error"
    CRIT = "crit"
    ALERT = "alert"
    EMERG = "emerg"


HEAD: Final = r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] \d+#\d+: (?:\*(\d+) )?"
"""How each line begins; the groups are the time, the level and the number of the client's connection."""

TIME_FORMAT: Final = "%Y/%m/%d %H:%M:%S"
"""In whole seconds, of the zone that nginx runs in."""

FAULTS: Final = tuple(level.value for level in (Severity.ERROR, Severity.CRIT, Severity.ALERT, Severity.EMERG))
"""The levels at which what was tried has failed."""
COMPLAINTS: Final = (Severity.WARN.value, *FAULTS)
"""The levels at which something is wrong."""

CONTEXT: Final = r", (?:client|server|upstream|request|subrequest|host|referrer): .*"
"""What follows a message that is about a request; it never tells two kinds of message apart."""

REQUEST: Final = r', request: "(.*?)"(?:, (?:subrequest|upstream|host|referrer): "|$)'
"""The group is the line as the client wrote it, which may have any sign in it, a quotation mark too."""

KNOWN_CHARACTERS: Final = 1000
"""Of a request line, what is in a line of the log for sure: nginx cuts that at 2,048 bytes."""

WITHOUT_VERSION: Final = (
    f"CASE WHEN ends_with(request, ' HTTP/1.1') THEN left(request, -{len(' HTTP/1.1')}) "
    "ELSE regexp_replace(request, ' HTTP/[0-9.]+$', '') END"
)
"""SQL for the method and the path of the column `request`."""

UPSTREAM: Final = r', upstream: "([^"]*)"'

ERRNO: Final = r"\((\d+): "
"""In a message: what the system said."""

_OF_BSD = {35: 11, 49: 99, 51: 101, 54: 104, 60: 110, 61: 111, 64: 113, 65: 113}
_OF_WINDOWS = {10013: 13, 10035: 11, 10048: 99, 10049: 99, 10051: 101, 10053: 104, 10054: 104, 10060: 110, 10061: 111}
LINUX_ERRNO: Final = _OF_BSD | _OF_WINDOWS
"""The number that Linux has for an error, by that of macOS, BSD or Windows; what Linux calls so nginx never meets."""

PHASES: Final = (
    ("while connecting to upstream", Phase.CONNECTING),
    ("while sending request to upstream", Phase.SENDING),
    ("while sending to upstream", Phase.SENDING),
    ("while reading response header from upstream", Phase.READING_HEADER),
    ("while reading upstream", Phase.READING_BODY),
)
"""Words of a message, and the phase they mean; the first that is found counts, and without one it is Phase.OTHER."""


def phase_sql(message: str) -> str:
    """Return SQL for the phase that a message names."""
    cases = " ".join(f"WHEN contains({message}, '{words}') THEN '{phase}'" for words, phase in PHASES)
    return f"CASE {cases} ELSE '{Phase.OTHER}' END"
