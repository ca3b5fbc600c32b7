import json
import re
from pathlib import Path

import pytest

from badgateway.model.outcome import Outcome
from badgateway.report import sections
from badgateway.report.formats import COMMENT, DOCUMENT, FORMATS, PAGE, SCHEMA_VERSION, render_html, render_json
from tests.report import samples
from tests.report.choice_sample import both_loops, study_picked

KEYS = Path(__file__).parents[2] / "docs" / "report-json.md"
NAMES_THAT_VARY = (
    (re.compile(r"(environment\.versions)\..+", re.DOTALL), r"\1.<name>"),
    (re.compile(r"((?:experiment|environment)\.places)\.(?:load|proxy|target)\b"), r"\1.<place>"),
    (re.compile(r"(environment\.lines)\.\w+"), r"\1.<place>"),
    (re.compile(r"(configurations\[\]\.settings\.environment)\..+"), r"\1.<name>"),
    (re.compile(r"((?:causes|proofs)\[\]\.statuses)\..+"), r"\1.<status>"),
    (re.compile(r"(remedies\[\]\.settings)\..+"), r"\1.<name>"),
    (re.compile(r"(routes\[\]\.outcomes)\..+"), r"\1.<outcome>"),
    (re.compile(r"(outcome_shares)\..+"), r"\1.<outcome>"),
    # Its name before.
    (re.compile(r"^waiting\."), "worker_checks."),
    (re.compile(r"^other_trials\[\]\."), "configurations[].trials[]."),
    (re.compile(r"^(?:configurations\[\]\.distant_levels\[\]|confirmation\.level)\."), "configurations[].levels[]."),
)


def read(run):
    return json.loads(render_json(run))


def keys(value, path=""):
    """Return the dotted path of every key; the members of a list share theirs."""
    if isinstance(value, dict):
        here = {f"{path}.{key}".lstrip(".") for key in value}
        return here.union(*(keys(member, f"{path}.{key}") for key, member in value.items()))
    if isinstance(value, list):
        return set().union(*(keys(member, f"{path}[]") for member in value))
    return set()


def generic(path):
    for pattern, name in NAMES_THAT_VARY:
        path = pattern.sub(name, path)
    return path


def documented():
    return set(re.findall(r"^\| `([^`]+)` \|", KEYS.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_page_about_the_json_names_every_key_and_no_other():
    found = set().union(*(keys(read(sample())) for sample in samples.SAMPLES.values()))
    assert {generic(path) for path in found} == documented()


def test_every_number_of_a_trial_stands_under_its_own_name():
    (configuration,) = read(samples.tiny())["configurations"]
    (trial,) = configuration["trials"]
    assert trial["latency_ms"] == {"p50": 101, "p95": 202, "p99": 303, "max": 404}
    assert trial["first_byte_ms"] == {"p50": 51, "p95": 62, "p99": 73, "max": 84}
    assert trial["failures"] == {"count": 29, "total": 2000, "share": 0.0145, "low": 0.00973, "high": 0.02076}
    assert (trial["requests"], trial["throughput_rps"], trial["overhead_s"]) == (2000, 197.1, 2.75)
    assert (trial["id"], trial["status"], trial["users"]) == ("001-uwsgi-2-300u", "FAIL", 300)


def test_a_measured_trial_tells_every_outcome_even_those_that_did_not_occur():
    (trial,) = read(samples.tiny())["configurations"][0]["trials"]
    assert list(trial["outcomes"]) == [outcome.value for outcome in Outcome]
    assert trial["outcomes"]["BAD_GATEWAY"] == 17
    assert trial["outcomes"]["UNMATCHED"] == 0
    assert sum(trial["outcomes"].values()) == trial["requests"]


def test_each_outcome_has_its_share_beside_its_count():
    (configuration,) = read(samples.tiny())["configurations"]
    for found in (*configuration["levels"], *configuration["trials"]):
        assert found["outcome_shares"] == {name: count / 2000 for name, count in found["outcomes"].items()}
    assert configuration["levels"][0]["outcome_shares"]["BAD_GATEWAY"] == 0.0085


def test_an_invalid_trial_has_null_where_a_number_would_be():
    configurations = {entry["name"]: entry for entry in read(samples.inconclusive())["configurations"]}
    trial = configurations["gunicorn-gthread"]["trials"][1]
    assert trial["status"] == "INVALID"
    assert trial["reasons"] == ["the client has 812 rows and the proxy 790, so the books do not balance"]
    numbers = (
        *("requests", "outcomes", "outcome_shares", "failures"),
        *("latency_ms", "first_byte_ms", "over_objective", "throughput_rps"),
    )
    assert {trial[key] for key in numbers} == {None}


def test_without_an_ok_request_latency_is_null_and_throughput_is_zero():
    configurations = {entry["name"]: entry for entry in read(samples.inconclusive())["configurations"]}
    level = configurations["uwsgi-2"]["levels"][1]
    assert (level["latency_ms"], level["over_objective"], level["throughput_rps"]) == (None, None, 0)


def test_the_causes_of_a_level_and_of_its_trial_are_told_with_what_to_do():
    (configuration,) = read(samples.tiny())["configurations"]
    (level,), (trial,) = configuration["levels"], configuration["trials"]
    first, _, last = level["causes"]
    assert (level["causes"], level["unattributed"]) == (trial["causes"], trial["unattributed"])
    assert level["unattributed"] == 2
    assert (first["id"], first["certainty"], first["count"]) == ("listen-queue-full", "proven", 17)
    assert first["title"] == "The accept queue of the unix socket was full"
    assert first["statuses"] == {"502": 17}
    assert first["evidence"][0]["file"] == "nginx-error.log"
    assert first["evidence"][0]["line_number"] == 12
    remedy = first["remedies"][0]
    assert remedy["settings"]["uWSGI"] == "processes, threads, harakiri"
    assert remedy["settings"]["Gunicorn"] == "workers, threads, timeout"
    assert remedy["knob"].startswith("uWSGI: processes, threads, harakiri; Gunicorn: workers, threads, timeout; ")
    assert (last["id"], last["certainty"]) == ("body-cut-unexplained", "family")


def test_causes_that_were_not_looked_into_are_null_and_those_of_no_failure_an_empty_list():
    configurations = {entry["name"]: entry for entry in read(samples.inconclusive())["configurations"]}
    not_looked_into = configurations["uwsgi-2"]["levels"][1]
    without_failures = configurations["uwsgi-16"]["levels"][1]
    assert (not_looked_into["causes"], not_looked_into["unattributed"]) == (None, None)
    assert (without_failures["causes"], without_failures["unattributed"]) == ([], 0)


def test_the_recommendation_is_told_whole():
    found = read(samples.picked())["recommendation"]
    assert (found["decision"], found["configuration"]) == ("PICKED", "gunicorn-gthread")
    assert found["sentence"].startswith("Run gunicorn-gthread")
    assert len(found["reasons"]) == 3
    assert len(found["ranking"]) == 8


@pytest.mark.parametrize("sample", ["none-qualifies", "inconclusive"])
def test_without_a_pick_the_configuration_is_null(sample):
    assert read(samples.SAMPLES[sample]())["recommendation"]["configuration"] is None


def test_the_experiment_and_its_circumstances_are_told():
    found = read(samples.interrupted())
    assert found["schema_version"] == SCHEMA_VERSION
    assert found["complete"] is False
    assert found["experiment"]["seed"] == 7
    assert found["experiment"]["objective"] == {"max_failure_share": 0.001, "p95_ms": 1000}
    assert found["experiment"]["load"]["users"] == [50, 300]
    assert found["environment"]["versions"]["nginx"] == "1.22.1"


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_the_same_run_gives_the_same_bytes(sample):
    assert render_json(samples.SAMPLES[sample]()) == render_json(samples.SAMPLES[sample]())


def test_a_study_tells_its_choice_and_the_trials_that_are_no_configurations_own():
    found = read(study_picked())
    assert (found["choice"]["kind"], found["choice"]["configuration"], found["choice"]["exit_status"]) == (
        "PICKED",
        "gunicorn-gthread",
        0,
    )
    assert found["choice"]["capacities"][0]["unit"] == "tasks/s"
    assert found["choice"]["invalid_trials"]["count"] == 7
    assert {(one["purpose"], one["control"]) for one in found["other_trials"]} == {
        ("COMPARE", True),
        ("SEARCH", False),
        ("CONFIRM", False),
    }
    assert read(samples.picked())["choice"] is None


def test_a_configuration_of_a_choice_is_under_its_former_key_too():
    choice = read(study_picked())["choice"]
    named = [choice, *choice["chain"], *choice["ranking"], *choice["leaving"]]

    assert [one["arm"] for one in named] == [one["configuration"] for one in named]
    assert choice["noise"]["arms"] == choice["noise"]["configurations"]


def test_a_load_is_users_or_a_rate_and_the_other_is_null():
    (configuration,) = read(both_loops())["configurations"]
    loads = [(level["users"], level["rate_per_s"]) for level in configuration["levels"]]
    assert loads == [(50, None), (300, None), (None, 100), (None, 317)]


def test_every_folder_of_sections_is_in_some_format():
    folders = {one.parent.name for one in Path(sections.__file__).parent.glob("*/section.py")}
    used = {one.name for one in (*PAGE, *COMMENT, *DOCUMENT)}
    assert used == folders


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_no_section_takes_the_key_of_another(sample):
    run = samples.SAMPLES[sample]()
    given = [key for section in DOCUMENT for key in section.objects(run)]
    assert len(given) == len(set(given))


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.file_name)
def test_every_format_gives_the_same_bytes_for_the_same_run(one, drawn_anew):
    assert one.render(samples.tiny()) == one.render(samples.tiny())


def test_a_section_in_a_format_says_something_there():
    runs = [make() for make in samples.SAMPLES.values()]
    assert all(any(section.html(run) for run in runs) for section in PAGE)
    assert all(any(section.markdown(run) for run in runs) for section in COMMENT)
    assert all(section.objects(runs[0]) for section in DOCUMENT)


def test_every_style_sheet_of_a_section_is_in_the_page_and_has_its_folders_name():
    sheets = list(Path(sections.__file__).parent.glob("*/*.css"))
    page = render_html(samples.tiny())
    assert sheets
    assert [one.stem for one in sheets] == [one.parent.name for one in sheets]
    assert all(one.read_text(encoding="utf-8").strip() in page for one in sheets)
