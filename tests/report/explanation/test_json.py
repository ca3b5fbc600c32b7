import json
import re
from pathlib import Path

import pytest

from badgateway.report.explanation.json_document import SCHEMA_VERSION, render_json
from tests.report.explanation import samples
from tests.report.test_formats import keys

PAGE = Path(__file__).parents[3] / "docs" / "explain.md"


def read(sample):
    return json.loads(render_json(sample))


def documented():
    return set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_page_about_explain_names_every_key_and_no_other():
    found = set().union(*(keys(read(sample())) for sample in samples.SAMPLES.values()))

    assert {
        re.sub(r"(settings)\..+", r"\1.<name>", re.sub(r"(statuses)\.\d+", r"\1.<status>", path)) for path in found
    } == documented()


def test_the_page_names_the_version_of_the_schema():
    assert f"| `schema_version` | {SCHEMA_VERSION} |" in PAGE.read_text(encoding="utf-8")


def test_a_cause_is_told_with_its_lines_and_remedies():
    (cause,) = read(samples.one_cause())["causes"]

    assert (cause["id"], cause["count"], cause["statuses"]) == ("queue-full", 51, {"502": 51})
    assert cause["evidence"] == [{"file": "/var/log/nginx/error.log", "line_number": 7, "text": "connect() failed"}]
    assert cause["remedies"][0] == {
        "knob": "uWSGI: listen",
        "settings": {"uWSGI": "listen"},
        "text": "Make it longer.",
    }
    assert cause["minutes"][0] == {"start_s": samples.NINE, "failures": 10}


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_causes_and_what_has_none_add_up_to_the_failures(sample):
    whole = read(samples.SAMPLES[sample]())

    assert sum(cause["count"] for cause in whole["causes"]) + whole["unattributed"] == whole["failures"]


def test_without_failures_the_keys_are_there():
    whole = read(samples.clean())

    assert (whole["requests"], whole["failures"], whole["causes"], whole["unattributed"]) == (10_000, 0, [], 0)
    assert whole["malformed_lines"] == 0
