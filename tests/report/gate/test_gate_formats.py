"""What a gate says, as the places where it runs read it: JUnit, GitHub, GitLab, a comment, a document."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from badgateway.model.gate import Doubt, Gate, GateCase, GateFinding, GateVerdict, Matter
from badgateway.model.load_level import LoadLevel
from badgateway.report.gate.comment import render_comment
from badgateway.report.gate.formats import GATE_FORMATS, document
from badgateway.report.gate.junit import render_junit
from badgateway.report.gate.places import github_annotations, render_code_quality
from badgateway.report.gate.telling import told
from tests.report import samples

CAUSE = "listen-queue-full"
FILE = "experiments/tiny.toml"
GITLAB_KEYS = {"description", "check_name", "fingerprint", "severity", "location"}
GITLAB_SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def finding(matter=Matter.OBJECTIVE, verdict=GateVerdict.KEPT, **given):
    return GateFinding(matter=matter, verdict=verdict, now=given.pop("now", 0.0), trials=10, **given)


BROKEN = (
    finding(verdict=GateVerdict.BROKEN, now=0.0145),
    finding(Matter.FAILURES, GateVerdict.BROKEN, now=0.0145, before=0.0),
    finding(Matter.CAUSE, GateVerdict.BROKEN, now=0.0085, before=0.0, cause=CAUSE),
    finding(Matter.LATENCY, now=202.0, before=190.0, ratio=1.06, least=0.98, seen_from=1.2),
    finding(Matter.THROUGHPUT, GateVerdict.BROKEN, now=197.0, before=250.0, ratio=1.27, least=1.12),
)
DOUBTS = (
    finding(),
    *(
        GateFinding(matter=matter, verdict=GateVerdict.INCONCLUSIVE, doubt=Doubt.OTHER_MACHINE)
        for matter in (Matter.FAILURES, Matter.LATENCY, Matter.THROUGHPUT)
    ),
)


def gate(findings, *, changes=()):
    run = samples.tiny()
    (configuration,) = run.configurations
    case = GateCase(
        configuration=configuration.configuration.name,
        load=configuration.levels[0].load,
        findings=findings,
        is_paired=True,
        changes=changes,
    )
    return told(Gate(experiment="tiny-gate", cases=(case,), baseline="the checkout main"), run, "experiments/tiny.toml")


def test_the_first_line_has_what_is_broken_its_cause_and_what_to_change():
    found = gate(BROKEN)

    assert found.headline.startswith(
        "BROKEN for tiny: uwsgi-2, 300 users: The accept queue of the unix socket was full"
    )
    assert "; change uWSGI: " in found.headline


def test_a_failure_in_junit_has_cause_evidence_and_knob():
    root = ET.fromstring(render_junit(gate(BROKEN, changes=("listen was 1024 and is 100",))))  # its own
    (case,) = root.iter("testcase")
    text = case.findtext("failure") or ""

    assert case.get("name") == "uwsgi-2, 300 users"
    assert "a cause that the baseline did not have: the accept queue" in text
    assert re.search(r"nginx-error\.log:12  ", text)
    assert "change: uWSGI: " in text
    assert "not as in the baseline: listen was 1024 and is 100" in text
    assert "1.270 times lower, 1.120 times at least" in text


def test_what_is_ten_times_worse_and_more_has_no_digits_and_plain_spaces():
    worse = finding(Matter.LATENCY, GateVerdict.BROKEN, now=9000.0, before=200.0, ratio=45.0, least=12.0)

    assert gate((finding(), worse)).cases[0].broken == (
        "p95 is 9.00 s, and 200 ms before: > 10 times higher, > 10 times at least, in 10 trials",
    )


def test_what_could_not_be_told_is_skipped_in_junit_and_never_passed():
    (case,) = ET.fromstring(render_junit(gate(DOUBTS))).iter("testcase")  # its own

    assert case.find("failure") is None
    (skipped,) = case.iter("skipped")
    assert "another machine" in (skipped.get("message") or "")


def test_doubts_of_one_kind_are_one_line():
    (case,) = gate(DOUBTS).cases

    assert len(case.doubts) == 1
    assert case.doubts[0].startswith("not told of failures, p95 and throughput: the baseline is from another machine")


def test_text_from_logs_cannot_end_a_workflow_command_or_break_the_xml():
    run = samples.tiny()
    hostile = "x\n::error::\x1b[31m\x00]]>"
    case = GateCase(
        configuration="uwsgi-2",
        load=LoadLevel.of(300, None),
        findings=(finding(Matter.CAUSE, GateVerdict.BROKEN, cause=hostile),),
        is_paired=False,
        changes=(hostile,),
    )
    found = told(Gate(experiment="tiny-gate", cases=(case,), baseline=hostile), run, hostile)
    (line,) = github_annotations(found)

    assert "\n" not in line
    assert "\x1b" not in line
    ET.fromstring(render_junit(found))  # its own
    for one in GATE_FORMATS:
        assert not re.search(r"[\x00\x1b]", one.render(found))


@pytest.mark.parametrize("findings", [BROKEN, DOUBTS])
def test_a_code_quality_report_has_what_gitlab_asks_of_each_finding(findings):
    entries = json.loads(render_code_quality(gate(findings)))

    assert entries
    for entry in entries:
        assert entry.keys() == GITLAB_KEYS
        assert entry["severity"] in GITLAB_SEVERITIES
        assert entry["location"]["lines"]["begin"] == 1
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


@pytest.mark.parametrize(
    ("server_file", "shown_at"),
    [
        ("servers/uwsgi.ini", "servers/uwsgi.ini"),
        ("kit:uwsgi.ini", "experiments/tiny.toml"),
        (".", "experiments/tiny.toml"),
    ],
)
def test_what_has_no_server_file_in_the_project_is_shown_at_the_experiments(server_file, shown_at):
    found = replace(gate(BROKEN), server_files=(server_file,))
    places = {entry["location"]["path"] for entry in json.loads(render_code_quality(found))}

    assert places == {shown_at}
    assert f"file={shown_at},line=1," in next(github_annotations(found))


def test_a_comment_on_many_configurations_has_the_worst_of_them_and_fits():
    found = gate(BROKEN)
    (case,), (facts,) = found.cases, found.gate.cases
    numbered = [f"{case.name} {number}" for number in range(200)]
    bad = [replace(case, name=name, reasons=("x" * 300,) * 3) for name in numbered]
    cases = (*(replace(one, verdict=GateVerdict.KEPT) for one in bad[:-1]), bad[-1])
    many = replace(found, cases=cases, gate=replace(found.gate, cases=(facts,) * len(cases)))
    text = render_comment(many)

    assert len(text) < 65_536
    assert text.index(numbered[-1]) < text.index(numbered[0])
    assert "188 further cases in gate.json." in text


def test_of_a_checkout_whose_trials_cannot_be_trusted_no_file_is_to_be_written():
    doubt = GateFinding(matter=Matter.FAILURES, verdict=GateVerdict.INCONCLUSIVE, doubt=Doubt.NOTHING_BEFORE)
    (case,) = gate((finding(), doubt)).cases

    assert case.doubts == (
        "not told of failures: no trial of what it is held to can be trusted; the lines of the trials say why",
    )


def test_a_finding_keeps_its_fingerprint_when_its_figures_change():
    others = tuple(finding(one.matter, one.verdict, now=0.02, before=0.001, cause=one.cause) for one in BROKEN)
    prints = [
        [entry["fingerprint"] for entry in json.loads(render_code_quality(gate(one)))] for one in (BROKEN, others)
    ]

    assert prints[0] == prints[1]


@pytest.mark.parametrize("one", GATE_FORMATS, ids=lambda one: one.file_name)
@pytest.mark.parametrize("findings", [BROKEN, DOUBTS, (finding(),)])
def test_each_format_gives_the_same_bytes_and_fits_into_a_comment(one, findings):
    text = one.render(gate(findings))

    assert text == one.render(gate(findings))
    # GitHub's limit of a comment.
    assert len(text) < 65_536


def test_the_document_has_every_finding_and_how_it_is_said():
    (case,) = json.loads(json.dumps(document(gate(BROKEN))))["cases"]

    assert [one["matter"] for one in case["findings"]] == ["objective", "failures", "cause", "p95", "throughput"]
    assert case["causes"][0]["id"] == CAUSE
    assert len(case["said"]) == len(BROKEN)
