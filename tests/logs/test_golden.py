import json
from pathlib import Path

import pytest

from badgateway.logs import LogEvidence, Source, read_logs

GOLDEN = Path(__file__).parent / "golden"

# The line is in the input, under its number; the rest is the same in every row of a case.
UNTOLD = frozenset({"failure_id", "source", "line", "server"})


def rows(evidence: LogEvidence, table: str) -> list[dict[str, object]]:
    relation = evidence.connection.table(table)
    named = (dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall())
    return [{name: value for name, value in row.items() if value is not None and name not in UNTOLD} for row in named]


def told(evidence: LogEvidence) -> dict[str, object]:
    return {
        "files": [[file.name, file.kind, file.lines] for file in evidence.files],
        "malformed": [[bad.line_number, bad.text] for file in evidence.files for bad in file.first_malformed],
        "requests": evidence.requests,
        **{table: rows(evidence, table) for table in ("volume", "failures", "proxy_errors", "server_events")},
    }


@pytest.mark.parametrize("case", sorted(GOLDEN.iterdir()), ids=lambda case: case.name)
def test_golden_logs_are_read_as_expected(case):
    expected = json.loads((case / "expected.json").read_text())
    inputs = sorted(path for path in case.iterdir() if path.name != "expected.json")
    evidence = read_logs([Source(name=path.name, content=path) for path in inputs])

    assert told(evidence) == expected
