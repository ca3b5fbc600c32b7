"""JUnit XML, which GitLab, Jenkins and most others show: a test case for each configuration and load."""

import xml.etree.ElementTree as ET

from badgateway.model.gate import GateVerdict
from badgateway.model.printable import printable_lines
from badgateway.report.gate.telling import ToldCase, ToldGate, paragraphs

_BROKEN, _SKIPPED = "failure", "skipped"


def render_junit(found: ToldGate) -> str:
    """Return one suite; what could not be told is skipped, and never passed."""
    counts = {verdict: sum(case.verdict is verdict for case in found.cases) for verdict in GateVerdict}
    suites = ET.Element("testsuites", name="badgateway gate")
    suite = ET.SubElement(
        suites,
        "testsuite",
        name=_plain(found.experiment),
        tests=str(len(found.cases)),
        failures=str(counts[GateVerdict.BROKEN]),
        skipped=str(counts[GateVerdict.INCONCLUSIVE]),
        errors="0",
        time=str(round(found.took_s, 1)),
        timestamp=found.started.removesuffix("Z"),
    )
    for case in found.cases:
        _add(suite, case, found)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"


def _add(suite: ET.Element, case: ToldCase, found: ToldGate) -> None:
    each_s = found.took_s / len(found.cases)
    one = ET.SubElement(
        suite,
        "testcase",
        classname=_plain(f"badgateway.{found.experiment}"),
        name=_plain(case.name),
        time=str(round(each_s, 1)),
    )
    text = "\n".join(map(_plain, paragraphs(case)))
    if case.verdict is GateVerdict.BROKEN:
        failure = ET.SubElement(one, _BROKEN, message=_plain("; ".join(case.broken)), type=case.verdict.value)
        failure.text = text
    elif case.verdict is GateVerdict.INCONCLUSIVE:
        ET.SubElement(one, _SKIPPED, message=_plain("; ".join(case.doubts)))
    ET.SubElement(one, "system-out").text = text


def _plain(text: str) -> str:
    # XML 1.0 has no control characters, not even as references.
    return printable_lines(text)
