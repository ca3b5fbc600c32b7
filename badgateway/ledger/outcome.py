"""Tells what happened to a request from what client and proxy wrote about it; docs/ledger.md explains each rule."""

from collections.abc import Iterable
from dataclasses import dataclass

from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import ClientError

_BY_ERROR = {
    ClientError.ABORTED: Outcome.CLIENT_CLOSED,
    ClientError.CLIENT_TIMEOUT: Outcome.CLIENT_TIMEOUT,
    ClientError.CONNECT_ERROR: Outcome.CONNECT_ERROR,
    ClientError.DISCONNECTED: Outcome.CONNECT_ERROR,
}
"""What went so needs no answer that the proxy knows."""
_NO_ANSWER_IS_FINE = f"error IN {tuple(error.value for error in _BY_ERROR)}"
_GOOD_STATUS = "status BETWEEN 200 AND 399"
_IS_RIGHT = f"(accepted OR {_GOOD_STATUS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; the first that holds decides."""

    outcome: Outcome
    when: str
    """SQL condition over the joined columns; those of a book in which the request is not are NULL."""
    meaning: str


RULES = (
    Rule(
        outcome=Outcome.UNMATCHED,
        when="name IS NULL",
        meaning="proxy or application logged a request of which the client knows nothing",
    ),
    Rule(
        outcome=Outcome.UNMATCHED,
        when=f"proxy_status IS NULL AND NOT {_NO_ANSWER_IS_FINE}",
        meaning="the client got an answer of which the proxy knows nothing",
    ),
    Rule(
        outcome=Outcome.UNMATCHED,
        when=f"status <> proxy_status AND NOT {_NO_ANSWER_IS_FINE}",
        meaning="client and proxy saw different statuses",
    ),
    Rule(
        outcome=Outcome.CLIENT_CLOSED,
        when=f"error = '{ClientError.ABORTED}'",
        meaning="the load generator stopped the request itself",
    ),
    Rule(
        outcome=Outcome.CLIENT_TIMEOUT,
        when=f"error = '{ClientError.CLIENT_TIMEOUT}'",
        meaning="the client's own time limit ended it",
    ),
    Rule(
        outcome=Outcome.CONNECT_ERROR,
        when=f"error IN ('{ClientError.CONNECT_ERROR}', '{ClientError.DISCONNECTED}')",
        meaning="no connection, or it was closed before a response header came",
    ),
    Rule(
        outcome=Outcome.TRUNCATED,
        when=f"error = '{ClientError.TRUNCATED}' AND {_GOOD_STATUS}",
        meaning="a good status, but the body was cut short",
    ),
    Rule(outcome=Outcome.BAD_GATEWAY, when="status = 502", meaning="status 502"),
    Rule(outcome=Outcome.GATEWAY_TIMEOUT, when="status = 504", meaning="status 504"),
    Rule(outcome=Outcome.UNAVAILABLE, when="status = 503", meaning="status 503"),
    Rule(outcome=Outcome.SERVER_ERROR, when="status >= 500", meaning="status 500 or any other 5xx"),
    Rule(
        outcome=Outcome.BAD_CONTENT,
        when=f"error = '{ClientError.BAD_CONTENT}' OR NOT {_IS_RIGHT}",
        meaning="a whole answer that is not what was asked for, or a status below 200 or from 400 to 499",
    ),
    Rule(
        outcome=Outcome.OK,
        when=f"error = '{ClientError.NONE}' AND {_IS_RIGHT}",
        meaning="status 200 to 399, or one from 400 that the Locust file accepts, and nothing to complain of",
    ),
)


def _case(rules: Iterable[Rule]) -> str:
    each = " ".join(f"WHEN {rule.when} THEN '{rule.outcome}'" for rule in rules)
    return f"CASE {each} ELSE error('no rule for request ' || request_id) END"


CASE = _case(RULES)
"""SQL expression for the outcome of a joined row; a row that no rule knows stops the query."""
CASE_OF_CLIENT = _case(rule for rule in RULES if rule.outcome is not Outcome.UNMATCHED)
"""The same by the client's word alone: logs of a site that already runs may lack a request, or have another answer."""

_BY_STATUS = {502: Outcome.BAD_GATEWAY, 504: Outcome.GATEWAY_TIMEOUT, 503: Outcome.UNAVAILABLE}


def outcome_of_row(status: int, error: str, *, accepted: bool = False) -> Outcome:
    """Return what the rules say of a row of the client alone, before anything is joined to it.

    Args:
        status: 0 when no response header came.
        error: As the column of client.csv has it.
        accepted: Whether the Locust file called a status from 400 to 499 right.
    """
    found = _BY_ERROR.get(ClientError(error))
    if found is not None:
        return found
    is_good = 200 <= status < 400
    if error == ClientError.TRUNCATED and is_good:
        return Outcome.TRUNCATED
    if status >= 500:
        return _BY_STATUS.get(status, Outcome.SERVER_ERROR)
    return Outcome.OK if (is_good or accepted) and not error else Outcome.BAD_CONTENT
