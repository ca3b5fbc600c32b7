"""Only a server's own module names it, and docs/architecture.md says truly what a new one takes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.servers.registry import servers

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "badgateway"
OWN = {f"servers/{server.name}{part}.py" for server in servers() for part in ("", "_log", "_command")}
MAY_NAME_SERVERS = {
    # Cause families about one server's behaviour.
    "causes/",
}
_WORDS = re.compile("|".join(word for server in servers() for word in (server.name, server.label)), re.IGNORECASE)


def naming(file: Path) -> Iterator[str]:
    """Yield each name and text of a module that has a server's name in it, docstrings and comments left out."""
    text = file.read_text()
    # To read it as Python takes ten times as long.
    tree = ast.parse(text if _WORDS.search(text) else "")
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        words = [getattr(node, field, None) for field in ("id", "attr", "name", "arg", "module")]
        if isinstance(node, ast.Constant) and id(node) not in told:
            words.append(node.value)
        yield from (word for word in words if isinstance(word, str) and _WORDS.search(word))


def path_in_engine(file: Path) -> str:
    return str(file.relative_to(ENGINE))


def may_name_servers(path: str) -> bool:
    return path in OWN or any(path.startswith(allowed) for allowed in MAY_NAME_SERVERS)


def test_nothing_else_in_the_engine_names_a_server():
    others = [file for file in sorted(ENGINE.rglob("*.py")) if not may_name_servers(path_in_engine(file))]

    assert {path_in_engine(file): found for file in others if (found := list(naming(file)))} == {}


def test_no_template_of_a_report_names_a_server():
    templates = [file for pattern in ("*.j2", "*.css") for file in (ENGINE / "report").rglob(pattern)]

    assert templates
    assert [path_in_engine(file) for file in templates if _WORDS.search(file.read_text())] == []


@pytest.mark.parametrize("allowed", sorted(MAY_NAME_SERVERS))
def test_what_may_name_servers_does(allowed):
    files = [file for file in ENGINE.rglob("*.py") if path_in_engine(file).startswith(allowed)]

    assert any(list(naming(file)) for file in files)


def steps() -> list[str]:
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text.partition("## Adding an application server")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. `([^`]+)`", section, re.MULTILINE)


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_every_server_has_what_the_docs_say_that_a_new_one_takes(server):
    places = [step.replace("NAME", server.name) for step in steps()]
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
