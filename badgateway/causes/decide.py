"""Applies the rules in their order: the first one that holds for a failure decides."""

from collections.abc import Sequence

import duckdb

from badgateway.causes.rule import Proof, Rule
from badgateway.model.diagnosis import Certainty

_VERDICTS = """
CREATE OR REPLACE TEMP TABLE verdicts (failure_id BIGINT, rule INTEGER, mark_id BIGINT)
"""

_KINDS = "SELECT kind FROM marks UNION SELECT kind FROM case_deaths UNION SELECT kind FROM spans"

_APPLY = """
INSERT INTO verdicts
SELECT c.failure_id, {rule}, {chosen}
FROM (SELECT * FROM cases c ANTI JOIN verdicts USING (failure_id) WHERE {where}) c
{joins}
WHERE {condition}
{grouped}
"""

_ATTRIBUTIONS = """
CREATE OR REPLACE TEMP TABLE attributions AS
SELECT v.failure_id, r.cause_id, v.mark_id,
    CASE WHEN c.ambiguous OR coalesce(m.is_weak, false) THEN $family ELSE r.certainty END AS certainty
FROM verdicts v JOIN (SELECT unnest($rules, recursive := true)) r USING (rule) JOIN cases c USING (failure_id)
LEFT JOIN marks m ON m.mark_id = v.mark_id
"""


def decide(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], *, journal: bool) -> None:
    """Make the table attributions: failure_id, cause_id, certainty, mark_id (NULL where the case's lines suffice).

    Args:
        connection: With the prepared tables: cases, complaints, marks and what is made of them.
        rules: In the order in which they are tried.
        journal: Whether the application's request starts were kept, so that a missing one means something.
    """
    connection.execute(_VERDICTS)
    # Each condition and each statement takes time to plan, and a log has marks of a few kinds.
    present = {kind for (kind,) in connection.execute(_KINDS).fetchall()}
    selectors = {
        number: rule.where.replace("$journal", str(journal))
        for number, rule in enumerate(rules)
        if _can_be_proven(rule.proof, present)
    }
    # Most rules select nothing in most logs; one look at the cases spares them their joins.
    looks = ", ".join(f"bool_or({where})" for where in selectors.values())
    ((undecided, *selecting),) = connection.execute(f"SELECT count(*), {looks} FROM cases c").fetchall()  # noqa: S608 # the rules' own
    for (number, where), selects in zip(selectors.items(), selecting, strict=True):
        if selects and undecided:
            ((decided,),) = connection.execute(_statement(number, where, rules[number].proof)).fetchall()
            undecided -= decided
    names = [
        {"rule": number, "cause_id": rule.cause.id, "certainty": str(rule.certainty)}
        for number, rule in enumerate(rules)
    ]
    connection.execute(_ATTRIBUTIONS, {"rules": names, "family": str(Certainty.FAMILY)})


def _can_be_proven(proof: Proof | None, present: set[str]) -> bool:
    return proof is None or proof.kinds is None or not proof.kinds.isdisjoint(present)


def _statement(number: int, where: str, proof: Proof | None) -> str:
    # Several marks may prove one case; which of them is shown must not hang on the order of rows.
    chosen = f"arg_min({proof.mark}, ({proof.nearness}, {proof.mark}))" if proof else "NULL"
    return _APPLY.format(
        rule=number,
        chosen=chosen,
        where=where,
        joins=proof.joins if proof else "",
        condition=proof.condition if proof else "true",
        grouped="GROUP BY c.failure_id" if proof else "",
    )
