"""Spells conditions on failures and events in SQL, from the words of the evidence: a mistyped one is no name at all."""

from collections.abc import Iterable

from badgateway.model.evidence import Reason
from badgateway.model.log_kind import Proxy
from badgateway.servers import granian, gunicorn, uvicorn


def because(*reasons: Reason, of: str = "c") -> str:
    """Return the condition that a failure, or another row of this name, failed for one of these reasons."""
    return f"{of}.reason IN {listed(reasons)}"


def behind(*proxies: Proxy) -> str:
    """Return the condition that a failure `c` was told of by one of these proxies; not where that is unknown."""
    return f"coalesce(c.proxy IN {listed(proxies)}, false)"


def listed(words: Iterable[str]) -> str:
    """Return words as a list of SQL."""
    return "({})".format(", ".join("'" + word.replace("'", "''") + "'" for word in words))


NOBODY_LISTENED = because(Reason.REFUSED, Reason.REFUSED_OR_NO_ROUTE, Reason.NONE_LIVE, Reason.NO_SERVER)
"""For `where`: what a proxy says that found no server at its address."""
CONNECTION_CLOSED = because(Reason.CLOSED, Reason.LOST)
"""For `where`: a connection was made, and no header came."""
BODY_CUT = because(Reason.BODY_CUT, Reason.CUT_UNSEEN)
"""For `where`: the answer had begun, and its end did not come."""
ENDED_EARLY = because(Reason.CLOSED, Reason.LOST, Reason.BODY_CUT, Reason.CUT_UNSEEN)
"""For `where`: one or the other."""

# Linux since 6.5 waits 1, 1, 1, 1, 1, 2, 4, ... s between them (net.ipv4.tcp_syn_linear_timeouts = 4), before 1, 2, 4,
# ... s: the kernel's Documentation/networking/ip-sysctl.rst. No log tells which kernel it was.
SYN_AGAIN_S = tuple(sorted({1, 2, 3, 4, 5, 7, 11} | {1, 3, 7, 15}))
"""So long after the first one a SYN that was dropped is sent again, on one kernel or the other."""
SYN_AGAIN = "after 1, 2, 3, ... s (before Linux 6.5: 1, 3, 7 s)"
"""The same as words."""


def place_sql(address: str) -> str:
    """Return SQL for what identifies an address on both sides: the path of a socket, or the number of a port."""
    # A container or a wildcard has other names for its machine than the proxy has.
    return (
        f"CASE WHEN contains({address}, 'unix:') THEN nullif(regexp_extract({address}, 'unix:/*(/[^: ]+)', 1), '') "
        f"WHEN {address} LIKE '/%' THEN {address} "
        f"ELSE nullif(regexp_extract({address}, '^(?:[a-z]+://)?[^/]*:([0-9]+)', 1), '') END"
    )


def host_sql(host: str) -> str:
    """Return SQL for the name of a host that a client asked for, without its port and whatever its letters."""
    return f"lower(regexp_replace({host}, ':[0-9]+$', ''))"


def common_sql(column: str, others: str) -> str:
    """Return SQL for a column as a key: its text where another log has the same one, '?' where none has it.

    Logs of which one has the address of a client, and another that of a balancer before the proxy, have none in common.
    """
    return f"CASE WHEN {column} IN {others} THEN {column} WHEN {column} IS NOT NULL THEN '?' END"


GRANIAN, GUNICORN, UVICORN = granian.SERVER.name, gunicorn.SERVER.name, uvicorn.SERVER.name
"""The servers whose lines mean something of their own."""

OF_ITS_SERVER = "JOIN serving s ON s.site = c.site"
"""For `joins`: the servers `s` that a failure `c` may have been sent to; their events and spans have its instance."""
