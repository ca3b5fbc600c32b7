"""A site that already runs is loaded by whoever spells out that it may be, within bounds, and otherwise not at all."""

import json
from typing import Any

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options
from badgateway.plan.running_site import labelled
from badgateway.servers.registry import server_of, uses
from tests.declared import experiment

URL = "https://staging.example.org"
HOST = "staging.example.org"


def written(folder, target: dict[str, Any] | None = None, **more: Any):
    """Write an experiment on a site that runs; what is changed has the keys of tables, joined by '__'."""
    given: dict[str, Any] = {
        "name": "staging",
        "question": "How is it?",
        "load": {"locustfile": "load.py", "users": [3]},
        "objective": {"max_failure_share": 0.01, "p95_ms": 500},
        "target": {"url": URL, "i_may_load": HOST} | (target or {}),
    }
    for key, value in more.items():
        table, _, name = key.partition("__")
        given[table] = {**given.get(table, {}), name: value} if name else value
    (folder / "load.py").write_text("pass\n")
    lines = [f"{key} = {_toml(value)}" for key, value in given.items() if not isinstance(value, dict)]
    for key, table in given.items():
        if isinstance(table, dict):
            lines += [f"[{key}]", *(f"{name} = {_toml(value)}" for name, value in table.items() if value is not None)]
    file = folder / "badgateway.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + "}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value)


def refusal(folder, target: dict[str, Any] | None = None, **more: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(written(folder, target, **more))
    return str(caught.value)


def test_what_is_needed_is_the_address_and_that_it_may_be_loaded(tmp_path):
    found = load_experiment(written(tmp_path))

    assert found.target is not None
    assert (found.target.url, found.target.methods) == (URL, ("GET", "HEAD"))
    assert [one.name for one in found.configurations] == ["as-it-is"]
    assert Experiment.model_validate_json(found.model_dump_json(), strict=True) == found


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("https://[2001:db8::7]", "[2001:db8::7]"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://example.org:8443", "example.org:8443"),
    ],
)
def test_the_host_is_spelled_out_as_the_address_has_it(tmp_path, url, host):
    assert load_experiment(written(tmp_path, {"url": url, "i_may_load": host})).target is not None
    assert f'write i_may_load = "{host}"' in refusal(tmp_path, {"url": url, "i_may_load": None})


@pytest.mark.parametrize(
    "said",
    [None, "example.org", "www.staging.example.org", "STAGING.example.org", "*.example.org", f"{HOST}:443", "*"],
)
def test_nothing_but_the_very_host_is_leave_to_load_it(tmp_path, said):
    told = "nobody has said that it may" if said is None else f"it says {said}"
    line = refusal(tmp_path, {"i_may_load": said})

    assert line == (
        f"{tmp_path / 'badgateway.toml'}: target.i_may_load: the load would go to {HOST}, and {told}; if you may load "
        f'it, write i_may_load = "{HOST}"'
    )


def test_leave_to_load_is_none_to_write(tmp_path):
    assert f'write i_may_write = "{HOST}"' in refusal(tmp_path, {"i_may_write": "example.org"})
    found = load_experiment(written(tmp_path, {"i_may_write": HOST}))
    assert found.target is not None
    assert found.target.methods == ()


@pytest.mark.parametrize(
    "url",
    [
        "staging.example.org",
        "ftp://staging.example.org",
        f"{URL}/path",
        f"{URL}?a",
        "https://user:secret@staging.example.org",
        "https://",
        "https://a b",
        "https://[::1",
        "https://x:port",
        "https://x:99999",
    ],
)
def test_an_address_is_one_of_a_site_and_nothing_more(tmp_path, url):
    line = refusal(tmp_path, {"url": url})
    assert "target.url" in line
    assert "such as https://staging.example.org" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        ({"most_users": 2}, {}, "load.users: 3 are more than target.most_users (2)"),
        ({}, {"load__users": [1, 51]}, "load.users: 51 are more than target.most_users (50)"),
        ({}, {"load__window_s": 118}, "load.window_s: with its warm-up a trial takes 121 s"),
        ({"most_s": 5}, {}, "target.most_s (5); make it shorter, or raise that"),
        ({"stop_at_failure_share": 1.5}, {}, "target.stop_at_failure_share"),
        ({"most_requests_per_s": 0}, {}, "target.most_requests_per_s"),
        ({}, {"load__processes": 2}, "take load.processes"),
        ({}, {"places": {"load": {}}}, "[places]"),
        ({}, {"load__login": "sessions"}, "load.login"),
        ({}, {"load__rates_per_s": [5]}, "load.rates_per_s"),
        ({}, {"confirmation": {"rate_per_s": 5}}, "confirmation: of a site that already runs"),
        ({}, {"study": {"blocks": 3}}, "study: of a site that already runs"),
        ({}, {"database": {"system": "postgresql"}}, "database: of a site that already runs no server is started"),
        ({}, {"size": {"cpu": 1}}, "size: of a site that already runs"),
        ({}, {"application__prepare": ["x"]}, "application.prepare: no server is started"),
        ({"ca_file": "ca.pem"}, {}, "target.ca_file: no such file"),
        ({"ca_file": "/etc/ca.pem"}, {}, "target.ca_file"),
        ({"logs": [""]}, {}, "target.logs"),
        ({"logs": [{"command": []}]}, {}, "target.logs"),
        ({"verify": False}, {}, "target.verify: unknown key"),
    ],
)
def test_what_goes_beyond_the_bounds_or_means_nothing_is_refused_in_a_line(tmp_path, target, more, words):
    line = refusal(tmp_path, target, **more)
    assert words in line
    assert "\n" not in line or "study" in more


@pytest.mark.parametrize("option", [{"users": [51]}, {"window_s": 3000.0}])
def test_the_command_line_goes_no_further_than_the_file(tmp_path, option):
    found = load_experiment(written(tmp_path))
    with pytest.raises(ConfigurationError, match=r"target\.most_"):
        with_options(found, **option)


def test_a_label_names_what_is_switched_and_only_on_a_site_that_runs(tmp_path):
    found = load_experiment(written(tmp_path))

    assert [one.name for one in labelled(found, "four-workers").configurations] == ["four-workers"]
    with pytest.raises(ConfigurationError, match="small letters, digits and hyphens"):
        labelled(found, "Four Workers")
    with pytest.raises(ConfigurationError, match="has configurations of its own"):
        labelled(experiment(), "x")


def test_its_server_may_be_any(tmp_path):
    found = load_experiment(written(tmp_path))
    assert server_of(found.configurations[0]).label == "the site's own server"
    assert {"gunicorn", "uwsgi"} <= uses(found.configurations).keys()


@pytest.mark.parametrize(
    "url",
    [
        "http://..",
        "http://a..b",
        "http://.:80",
        "http://-x",
        f"http://{'a' * 64}",
        "http://[v1.x]",
        "http://127.0.0.1:0",
    ],
)
def test_a_host_that_no_name_server_could_be_asked_for_is_refused(tmp_path, url):
    assert "the address of a site in small letters" in refusal(tmp_path, {"url": url, "i_may_load": url[7:]})


def test_certificates_that_are_none_are_named_before_anybody_is_asked(tmp_path):
    (tmp_path / "ca.pem").write_text("-----BEGIN NOTHING-----\n")
    assert f"target.ca_file: {tmp_path / 'ca.pem'} has no certificates: " in refusal(tmp_path, {"ca_file": "ca.pem"})
