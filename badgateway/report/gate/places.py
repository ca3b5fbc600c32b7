"""What the places where gates run show by themselves: GitHub's annotations, GitLab's code quality."""

import json
from collections.abc import Iterator
from hashlib import sha256

from badgateway.model.gate import GateVerdict
from badgateway.model.printable import printable
from badgateway.report.gate.telling import ToldCase, ToldGate, paragraphs

_COMMAND = {GateVerdict.BROKEN: "error", GateVerdict.INCONCLUSIVE: "warning", GateVerdict.KEPT: "notice"}
_SEVERITY = {GateVerdict.BROKEN: "critical", GateVerdict.INCONCLUSIVE: "info"}


def github_annotations(found: ToldGate) -> Iterator[str]:
    """Yield a workflow command for each case: GitHub shows it at the file of the server."""
    for case, file in zip(found.cases, found.server_files, strict=True):
        title = f"badgateway gate: {case.name}: {case.verdict.value}"
        text = "%0A".join(_data(line) for line in paragraphs(case))
        where = _property(_place(file, found))
        yield f"::{_COMMAND[case.verdict]} file={where},line=1,title={_property(title)}::{text}"


def render_code_quality(found: ToldGate) -> str:
    """Return GitLab's code quality report: a finding for each thing that is worse, and for each doubt."""
    entries = [
        entry
        for case, file in zip(found.cases, found.server_files, strict=True)
        for entry in _entries(case, file, found)
    ]
    return json.dumps(entries, indent=2, ensure_ascii=True) + "\n"


def _entries(case: ToldCase, file: str, found: ToldGate) -> Iterator[dict[str, object]]:
    said = {GateVerdict.BROKEN: case.broken, GateVerdict.INCONCLUSIVE: case.doubts}
    for verdict, lines in said.items():
        for number, line in enumerate(lines):
            # Not by the text: its figures are others each time, and the finding is the same.
            identity = f"{found.experiment}/{case.name}/{verdict}/{number}"
            yield {
                "description": printable(f"{case.name}: {line}"),
                "check_name": "badgateway-gate",
                "fingerprint": sha256(identity.encode()).hexdigest(),
                "severity": _SEVERITY[verdict],
                "location": {"path": _place(file, found), "lines": {"begin": 1}},
            }


def _place(server_file: str, found: ToldGate) -> str:
    """Return the file that a case is shown at: its server's, or the experiment's where that is not of the project."""
    is_of_project = not server_file.startswith(("kit:", "/")) and server_file not in {"", "."}
    return server_file if is_of_project else found.file


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
