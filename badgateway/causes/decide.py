"""Applies the rules in their order: the first one that holds for a failure decides."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from badgateway.causes.large_tables import LargeTables
from badgateway.causes.rule import Proof, Rule
from badgateway.model.diagnosis import Certainty

_VERDICTS = """
CREATE OR REPLACE TEMP TABLE verdicts (failure_id BIGINT, rule INTEGER, event_id BIGINT)
"""

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

_ATTRIBUTIONS = """
SELECT v.failure_id, r.cause_id, v.event_id,
    CASE WHEN c.ambiguous OR coalesce(m.is_weak, false)
            OR coalesce(m.instance IN (FROM bystanders) AND m.path IS DISTINCT FROM c.path, false)
        THEN '{family}' ELSE r.certainty END AS certainty
FROM verdicts v JOIN (VALUES {rules}) r (rule, cause_id, certainty) USING (rule)
JOIN prepared_failures c USING (failure_id)
LEFT JOIN events m ON m.event_id = v.event_id
"""

_NONE = """
CREATE OR REPLACE TEMP TABLE attributions (failure_id BIGINT, cause_id VARCHAR, event_id BIGINT, certainty VARCHAR)
"""


def decide(tables: LargeTables, rules: Sequence[Rule], *, journal: bool) -> bool:
    """Make the table attributions: failure_id, cause_id, certainty, event_id (NULL where its own lines suffice).

    Returns whether it has any.

    Args:
        tables: Beside the prepared ones: prepared_failures, proxy_lines, events and what is made of them.
        rules: In the order in which they are tried.
        journal: Whether the application's request starts were kept, so that a missing one means something.
    """
    connection = tables.connection
    connection.execute(_VERDICTS)
    # Each condition and each statement takes time to plan, and a log has events of a few kinds.
    present = {kind for (kind,) in connection.execute(_KINDS).fetchall()}
    reasons = {reason for (reason,) in connection.execute(_REASONS).fetchall()}
    selectors = {
        number: rule.where.replace("$journal", str(journal))
        for number, rule in enumerate(rules)
        if _can_be_proven(rule.proof, present) and _can_select(rule.where, reasons)
    }
    # Most rules select nothing in most logs; one look at the failures spares them their joins. Many select the same.
    asked = tuple(dict.fromkeys(selectors.values()))
    looks = ", ".join(("true", *(f"bool_or({where})" for where in asked)))
    ((undecided, _, *found),) = connection.execute(f"SELECT count(*), {looks} FROM prepared_failures c").fetchall()  # noqa: S608 # the rules' own
    holding: dict[int, Rule] = {}
    selecting = {where for where, selects in zip(asked, found, strict=True) if selects}
    for number, where in selectors.items():
        if where in selecting and undecided:
            ((decided,),) = connection.execute(_statement(number, where, rules[number].proof)).fetchall()
            undecided -= decided
            if decided:
                holding[number] = rules[number]
    if holding:
        tables.make("attributions", _ATTRIBUTIONS.format(rules=_values(holding), family=Certainty.FAMILY))
    else:
        connection.execute(_NONE)
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
