import os
from pathlib import Path

from badgateway.stack.site import base_environment


def test_nothing_of_the_callers_environment_leaks_but_path(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "someone.elses")
    monkeypatch.setenv("PATH", "/opt/bin")

    environment = base_environment(Path("/tmp/run"))

    assert set(environment) == {"PATH", "HOME", "LANG", "TZ"}
    assert environment["TZ"] == "UTC"
    assert environment["HOME"] == "/tmp/run"
    assert environment["PATH"].split(os.pathsep)[0] == "/opt/bin"
