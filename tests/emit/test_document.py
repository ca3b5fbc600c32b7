import json
from pathlib import PurePosixPath

import pytest

from badgateway.emit.document import read_document
from badgateway.errors import ConfigurationError
from tests.emit.subjects import REFERENCE, document, report

WHERE = PurePosixPath("report.json")


@pytest.mark.parametrize("name", sorted(file.parent.name for file in REFERENCE.glob("*/report.json")))
def test_every_committed_report_is_read_with_all_its_configurations(name):
    found = document(name)

    assert len(found.configurations) == len(json.loads(report(name))["configurations"])
    picked = found.recommendation.configuration
    assert picked is None or found.of(picked) is not None
    assert found.of("nobody") is None


def test_a_setting_is_found_by_the_name_that_it_had_before():
    of = json.loads(report("servers"))
    settings = of["configurations"][0]["settings"]
    settings.pop("graceful_stop_s", None)
    settings["reload_mercy_s"] = 7

    assert read_document(json.dumps(of).encode(), WHERE).configurations[0].configuration.graceful_stop_s == 7


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[]", "is no report.json: is no JSON object"),
        (b"{", "is no report.json: not JSON"),
        (b'{"schema_version": 2}', "schema_version"),
        (b"{}", "schema_version: Field required"),
    ],
)
def test_what_is_no_report_is_refused_in_a_line_that_names_the_file(content, told):
    with pytest.raises(ConfigurationError) as refused:
        read_document(content, WHERE)

    assert str(refused.value).startswith("report.json: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_that_would_be_more_than_a_name_in_a_file_is_refused():
    of = json.loads(report("servers"))
    of["experiment"]["application"]["wsgi"] = "site:app\nExecStartPre=/bin/sh"

    with pytest.raises(ConfigurationError, match=r"experiment\.application\.wsgi"):
        read_document(json.dumps(of).encode(), WHERE)
