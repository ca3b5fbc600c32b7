"""Applies the rules in their order: the first one that holds for a failure decides."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from badgateway.causes.large_tables import LargeTables, Numbers
from badgateway.causes.rule import Proof, Rule, Way
from badgateway.model.diagnosis import Certainty

_VERDICTS = (
    "SELECT CAST(NULL AS BIGINT) AS failure_id, CAST(NULL AS INTEGER) AS rule, CAST(NULL AS BIGINT) AS event_id LIMIT 0"
)

_KINDS = "SELECT kind FROM events UNION SELECT kind FROM failure_deaths UNION SELECT kind FROM spans"

_REASONS = "SELECT DISTINCT reason FROM prepared_failures WHERE reason IS NOT NULL"
_FOR_REASONS = re.compile(r"c\.reason IN \('([^()]+)'\)(?: AND (.*))?", re.DOTALL)
_IN_BRACKETS = re.compile(r"'[^']*'|\([^()']*\)")

_APPLY = """
INSERT INTO verdicts
SELECT c.failure_id, {rule}, {chosen}
FROM (SELECT * FROM prepared_failures c ANTI JOIN verdicts USING (failure_id) WHERE {where}) c
{joins}
WHERE {condition}
{grouped}
"""

_TOLD = "c.client_status, c.time_s, c.path, c.proxy_line_id"
"""What answers tell of a failure: to join millions of them once more for each question takes long."""

_DECIDED = """
SELECT c.failure_id, r.cause_id, v.event_id,
    CASE WHEN r.cause_id IS NOT NULL AND (c.ambiguous OR coalesce(m.is_weak, false)
            OR coalesce(m.instance IN (FROM bystanders) AND m.path IS DISTINCT FROM c.path, false))
        THEN '{family}' ELSE r.certainty END AS certainty, {told}
FROM (FROM prepared_failures WHERE {{piece}}) c LEFT JOIN (FROM verdicts WHERE {{piece}}) v USING (failure_id)
LEFT JOIN (VALUES {rules}) r (rule, cause_id, certainty) USING (rule)
LEFT JOIN events m ON m.event_id = v.event_id
"""

_NONE_DECIDED = f"""
SELECT failure_id, CAST(NULL AS VARCHAR) AS cause_id, CAST(NULL AS BIGINT) AS event_id,
    CAST(NULL AS VARCHAR) AS certainty, {_TOLD}
FROM prepared_failures c WHERE {{piece}}
"""  # noqa: S608 # a constant of this module


def decide(tables: LargeTables, rules: Sequence[Rule], *, journal: bool, lossy: Collection[Way]) -> bool:
    """Make the table decided, a row per failure: its cause and how certain that is, both NULL where no rule holds.

    It has the event_id that proves it, too (NULL where its own lines suffice), and what answers tell of a failure.
    Returns whether any has a cause.

    Args:
        tables: Beside the prepared ones: prepared_failures, proxy_lines, events and what is made of them.
        rules: In the order in which they are tried.
        journal: Whether the application's request starts were kept, so that a missing one means something.
        lossy: On which ways packets are known to be lost.
    """
    connection = tables.connection
    tables.make("verdicts", _VERDICTS)
    # Each condition and each statement takes time to plan, and a log has events of a few kinds.
    present = {kind for (kind,) in connection.execute(_KINDS).fetchall()}
    reasons = {reason for (reason,) in connection.execute(_REASONS).fetchall()}
    selectors = {
        number: rule.where.replace("$journal", str(journal))
        for number, rule in enumerate(rules)
        if (rule.over is None or rule.over in lossy)
        and _can_be_proven(rule.proof, present)
        and _can_select(rule.where, reasons)
    }
    # Most rules select nothing in most logs; one look at the failures spares them their joins. Many select the same.
    asked = tuple(dict.fromkeys(selectors.values()))
    looks = ", ".join(("count(*), min(failure_id), max(failure_id)", *(f"bool_or({where})" for where in asked)))
    ((undecided, first, last, *found),) = connection.execute(f"SELECT {looks} FROM prepared_failures c").fetchall()  # noqa: S608 # the rules' own
    ids = Numbers(first=first or 0, last=last or 0, rows=undecided)
    holding: dict[int, Rule] = {}
    selecting = {where for where, selects in zip(asked, found, strict=True) if selects}
    for number, where in selectors.items():
        if where in selecting and undecided:
            ((decided,),) = connection.execute(_statement(number, where, rules[number].proof)).fetchall()
            undecided -= decided
            if decided:
                holding[number] = rules[number]
                tables.pack()
    named = {"rules": _values(holding), "family": Certainty.FAMILY, "told": _TOLD}
    tables.make("decided", _DECIDED.format(**named) if holding else _NONE_DECIDED, by="failure_id", numbers=ids)
    connection.execute("DROP TABLE verdicts")
    return bool(holding)


def _values(rules: Mapping[int, Rule]) -> str:
    return ", ".join(f"({number}, '{rule.cause.id}', '{rule.certainty}')" for number, rule in rules.items())


def _can_be_proven(proof: Proof | None, present: set[str]) -> bool:
    return proof is None or proof.kinds is None or not proof.kinds.isdisjoint(present)


def _can_select(where: str, reasons: set[str]) -> bool:
    wanted = _wanted_reasons(where)
    return wanted is None or not wanted.isdisjoint(reasons)


@cache
def _wanted_reasons(where: str) -> frozenset[str] | None:
    """Return the reasons of which a condition asks for one, whatever else it asks for; None where it does not."""
    found = _FOR_REASONS.fullmatch(where)
    if found is None:
        return None
    rest = found[2] or ""
    while (outer := _IN_BRACKETS.sub("", rest)) != rest:
        rest = outer
    return None if " OR " in rest else frozenset(found[1].split("', '"))


def _statement(number: int, where: str, proof: Proof | None) -> str:
    # Several events may prove one failure; which of them is shown must not hang on the order of rows.
    chosen = f"arg_min({proof.event}, ({proof.nearness}, {proof.event}))" if proof else "NULL"
    return _APPLY.format(
        rule=number,
        chosen=chosen,
        where=where,
        joins=proof.joins if proof else "",
        condition=proof.condition if proof else "true",
        grouped="GROUP BY c.failure_id" if proof else "",
    )
