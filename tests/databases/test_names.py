"""Only a database's own module names it, and docs/architecture.md says truly what a new one takes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.databases.registry import database_systems, databases

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "badgateway"
OWN = {f"databases/{system.name}.py" for system in databases()}
MAY_NAME_DATABASES = {
    # Cause families about what a database does to a site, and what their advice turns.
    "causes/",
    # What an experiment has that names none, and what raw files of version 0.1 call it.
    "model/experiment.py",
    "databases/database_system.py",
}
_NAMES = {
    word
    for one in databases()
    # That there is none is no name.
    if one.engines
    for word in (one.name, one.label, *(driver.name for driver in one.drivers))
}
# MySQL's errors and engine are MariaDB's too.
_WORDS = re.compile("|".join(map(re.escape, sorted({*_NAMES, "mysql"}))), re.IGNORECASE)


def naming(file: Path) -> Iterator[str]:
    """Yield each name and text of a module that has a database's or a driver's name in it, docstrings left out."""
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


def may_name_databases(path: str) -> bool:
    return path in OWN or any(path.startswith(allowed) for allowed in MAY_NAME_DATABASES)


def test_nothing_else_in_the_engine_names_a_database():
    others = [file for file in sorted(ENGINE.rglob("*.py")) if not may_name_databases(path_in_engine(file))]

    assert {path_in_engine(file): found for file in others if (found := list(naming(file)))} == {}


def test_no_template_of_a_report_names_a_database():
    templates = [file for pattern in ("*.j2", "*.css") for file in (ENGINE / "report").rglob(pattern)]

    assert templates
    assert [path_in_engine(file) for file in templates if _WORDS.search(file.read_text())] == []


@pytest.mark.parametrize("allowed", sorted(MAY_NAME_DATABASES))
def test_what_may_name_databases_does(allowed):
    files = [file for file in ENGINE.rglob("*.py") if path_in_engine(file).startswith(allowed)]

    assert any(list(naming(file)) for file in files)


def steps() -> list[str]:
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text.partition("## Adding a database")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. `([^`]+)`", section, re.MULTILINE)


@pytest.mark.parametrize("system", database_systems(), ids=lambda system: system.name)
def test_every_database_has_what_the_docs_say_that_a_new_one_takes(system):
    module, template, site, unit, packages, bootstrap = (step.replace("NAME", system.name) for step in steps())

    assert (ROOT / module).is_file()
    assert str(system.template).startswith(template.rstrip("."))
    assert (ROOT / system.template).is_file()
    assert all(f'"{driver.name}"' in (ROOT / site).read_text() for driver in system.drivers)
    assert (ROOT / unit).is_file()
    assert all(driver.distribution in (ROOT / packages).read_text() for driver in system.drivers)
    assert any(f"have {program}" in (ROOT / bootstrap).read_text() for program in system.programs)
