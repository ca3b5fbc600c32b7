"""What other programs say of written files: asked where they are, and never taken for a pass where they are not."""

from inspect import signature
from pathlib import PurePosixPath

import pytest

from badgateway.stack import file_checks
from badgateway.stack.deployment import deploy
from badgateway.stack.file_checks import checks
from badgateway.stack.written_deployment import deploy_written

FILES = {
    PurePosixPath("docker/Dockerfile"): "FROM x\n",
    PurePosixPath("docker/compose.yaml"): "services: {}\n",
    PurePosixPath("kubernetes/deployment.yaml"): "kind: Deployment\n",
    PurePosixPath("server/gunicorn.conf.py"): "workers = 2\n",
}


@pytest.fixture
def programs(tmp_path, monkeypatch):
    monkeypatch.setattr(file_checks, "search_path", lambda: str(tmp_path))

    def make(name, script):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    return make


def test_without_the_programs_nothing_is_checked(programs):
    found = {str(one.path): one.faults for one in checks(FILES)}

    assert found == {"docker/Dockerfile": None, "docker/compose.yaml": None, "kubernetes/deployment.yaml": None}


def test_each_file_is_checked_by_its_own_program_and_what_that_says_is_told_without_its_place(programs):
    programs("hadolint", 'grep -q FROM "$1" || exit 1')
    programs("check-jsonschema", 'echo "$3:1 is none"; exit 1')
    programs("kubernetes-validate", "exit 2")
    found = {one.program: one.faults for one in checks(FILES)}

    assert found == {
        "hadolint": (),
        "check-jsonschema": ("compose.yaml:1 is none",),
        "kubernetes-validate": ("ended with status 2",),
    }


def test_written_files_are_deployed_with_all_that_a_trial_is_deployed_with():
    assert {*signature(deploy).parameters} <= {*signature(deploy_written).parameters}


def test_a_unit_is_systemds(monkeypatch):
    monkeypatch.setattr(file_checks, "unit_faults", lambda name, text: (f"{name} {text}",))

    (found,) = checks({PurePosixPath("system/shop.service"): "[Unit]"})
    assert (found.program, found.faults) == ("systemd-analyze verify", ("shop.service [Unit]",))
