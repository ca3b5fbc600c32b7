"""Only a server's own module names it, and docs/architecture.md says truly what a new one takes."""

import re

import pytest

from badgateway.servers.registry import servers
from tests.naming import ROOT, Names, steps

NAMES = Names(
    words=re.compile("|".join(word for server in servers() for word in (server.name, server.label)), re.IGNORECASE),
    own=frozenset(f"servers/{server.name}{part}.py" for server in servers() for part in ("", "_log", "_command")),
    # Cause families about one server's behaviour.
    allowed=frozenset({"causes/"}),
)


def test_nothing_else_in_the_engine_names_a_server():
    assert NAMES.elsewhere() == {}


def test_no_template_of_a_report_names_a_server():
    assert NAMES.in_templates() == []


@pytest.mark.parametrize("allowed", sorted(NAMES.allowed))
def test_what_may_name_servers_does(allowed):
    assert NAMES.are_at(allowed)


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_every_server_has_what_the_docs_say_that_a_new_one_takes(server):
    places = [step.replace("NAME", server.name) for step in steps("Adding an application server")]
    module, deployable, unit, live, golden, packages = places

    assert (ROOT / module).is_file()
    files = [file for file in (ROOT / "servers").iterdir() if str(file.relative_to(ROOT)).startswith(deployable[:-3])]
    assert files
    assert all(server.reads(file) for file in files)
    assert (ROOT / unit).is_file()
    assert any(file.name in (ROOT / live).read_text() for file in files)
    assert list(ROOT.glob(golden.replace("...", "*")))
    lab = (ROOT / packages).read_text().partition("\nlab = [\n")[2].partition("\n]")[0]
    assert re.search(rf'^  "{server.distributions[0]}\b', lab, re.MULTILINE)
