"""The kernel's limits of [places] go into a deployment's files, with what a deployer has to allow."""

import json
import re
from typing import Any

import pytest

from badgateway.emit.files import Target, files_of
from badgateway.emit.subject import Subject
from badgateway.emit.why import cell
from tests.emit.subjects import chosen, report

PROXY = {"somaxconn": 64, "ip_local_port_range": [40000, 41000]}
TARGET = {"somaxconn": 128}
OF_SERVERS = "as the application servers' own network of the trials had it ([places] target)"
OF_NGINX = "as nginx's own network of the trials had it ([places] proxy)"
FOR_NGINX = "nginx's own network had 64 ([places] proxy): set that where it is a machine of its own"
FOR_SERVERS = (
    "the application servers' own network had 32768 60999 ([places] target): set that where it is a machine of its own"
)
SYSCTLS = re.compile(r'^          - name: (net\.\S+)\n            value: "(.+)"$', re.MULTILINE)

NAME, VALUE = r"(net\.[a-z0-9_.]+)", r"(\d+(?: \d+)?)"
FORMS = {
    "system/sysctl.conf": f"{NAME} = {VALUE}",
    "docker/compose.yaml": f"{NAME}: {VALUE}",
    "WHY.md": rf"\| {NAME} \| {VALUE} \|",
    "kubernetes/deployment.yaml": f"{NAME}(?: =| value:) {VALUE}",
}
"""How each file has a limit, be it as a setting, a row or in a comment."""


def placed(**places: dict[str, Any]) -> Subject:
    """Return what is deployed of a run that had these places, with what was set there in force."""
    of = json.loads(report("servers"))
    usual = {"somaxconn": 4096, "ip_local_port_range": [32768, 60999]}
    in_force = {key: usual | place for key, place in places.items()}
    experiment = of["experiment"] | {"places": places}
    environment = of["environment"] | {"places": in_force}
    return chosen("uwsgi-16", "servers", experiment=experiment, environment=environment)


def written(subject: Subject) -> dict[str, str]:
    return {str(file.path): file.text for file in files_of(subject, tuple(Target))}


def test_every_limit_that_the_places_of_the_trials_had_set_is_written_and_said():
    files = written(placed(proxy=PROXY, target=TARGET))
    kernel, why = files["system/sysctl.conf"], files["WHY.md"]

    for line in (
        "net.core.somaxconn = 128",
        "net.ipv4.ip_local_port_range = 40000 41000",
    ):
        assert f"\n{line}\n" in kernel
    for name, value, basis in (
        ("net.core.somaxconn", "128", f"{OF_SERVERS}; {FOR_NGINX}"),
        ("net.ipv4.ip_local_port_range", "40000 41000", f"{OF_NGINX}; {FOR_SERVERS}"),
    ):
        assert f"| {cell(name)} | {value} | sysctl.conf | fixed | {cell(basis)} |" in why
    assert "- Other than on one machine and over loopback: nginx stood behind" in why
    assert "as the machine of the trials" not in why + kernel
    assert files["docker/compose.yaml"].count("\n      net.ipv4.ip_local_port_range: 40000 41000\n") == 2


def test_a_pod_is_given_what_was_set_and_its_deployer_told_what_a_node_has_to_allow():
    text = written(placed(proxy=PROXY, target=TARGET))["kubernetes/deployment.yaml"]

    assert SYSCTLS.findall(text) == [
        ("net.core.somaxconn", "128"),
        ("net.ipv4.ip_local_port_range", "40000 41000"),
    ]
    assert "--allowed-unsafe-sysctls=net.core.somaxconn." in text
    assert "its node's kernel's default" not in text


@pytest.mark.parametrize(
    "places",
    [
        {},
        {"target": {}},
        {"target": TARGET},
        {"proxy": PROXY},
        {"proxy": PROXY, "target": {}},
        {"proxy": {}, "target": TARGET},
        {"proxy": PROXY, "target": TARGET},
        {"proxy": PROXY, "target": {"ip_local_port_range": [50000, 51000]}},
    ],
)
def test_the_files_of_one_deployment_have_one_value_of_each_limit(places: dict[str, Any]):
    files = written(placed(**places))
    values = {path: set(re.findall(form, in_one_line(files[path]))) for path, form in FORMS.items()}

    assert "net.core.somaxconn" in dict(values["system/sysctl.conf"])
    assert len({frozenset(each) for each in values.values()}) == 1, values


def in_one_line(text: str) -> str:
    return " ".join(text.replace("\n# ", " ").replace('"', "").replace("\\", "").split())


def test_what_every_node_lets_a_pod_set_needs_no_more():
    text = written(placed(target={"ip_local_port_range": [40000, 41000]}))["kubernetes/deployment.yaml"]

    assert SYSCTLS.findall(text) == [("net.ipv4.ip_local_port_range", "40000 41000")]
    assert "allowed-unsafe-sysctls" not in text


def test_a_pod_is_given_nothing_where_the_network_of_the_trials_was_as_a_kernel_makes_it():
    text = written(placed(target={}))["kubernetes/deployment.yaml"]

    assert "sysctls" not in text
    assert f"measured with net.core.somaxconn = 4096, {OF_SERVERS}." in " ".join(text.replace("\n# ", " ").split())


def test_without_places_it_is_the_machine_that_is_told_of():
    files = written(chosen("uwsgi-16", "servers"))

    assert "as the machine of the trials had it" in files["WHY.md"]
    assert "Measured with 4096, as the machine of the trials had it." in files["system/sysctl.conf"]
    assert "its node's kernel's default" in files["kubernetes/deployment.yaml"]
    assert "Other than on one machine" not in files["WHY.md"]


def test_what_shared_one_machine_is_said_as_it_was_in_the_runs_places():
    alone, beside = "with client, nginx, server and database on one machine of 2 cores.", "joined by the networks of"
    here, apart = (written(one)["WHY.md"] for one in (chosen("uwsgi-16", "servers"), placed(target=TARGET)))

    assert alone in here
    assert beside not in here
    assert alone not in apart
    assert beside in apart
