"""docs/architecture.md draws the house as import-linter enforces it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def drawn(heading):
    """Return the names in the second column of the table under a heading, row by row."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [re.split(r"(?<!\\) \| ", line)[1] for line in part.splitlines() if re.match(r"\| \d", line)]
    return [set(re.findall(r"`(\w+)`", row)) for row in rows]


def enforced(container):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (found,) = [one for one in contracts if one.get("containers") == [container]]
    return [set(re.findall(r"\w+", layer)) for layer in found["layers"]]


@pytest.mark.parametrize(("heading", "container"), [("Rooms", "badgateway"), ("A report", "badgateway.report")])
def test_the_tables_of_rooms_and_floors_are_those_that_are_enforced(heading, container):
    assert drawn(heading) == enforced(container)


def test_the_modules_that_run_inside_locust_are_those_that_are_named():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = page.partition("Two things are deliberately elsewhere. ")[2].partition(" in `badgateway/load/`")[0]
    modules = {file.stem: file.read_text(encoding="utf-8") for file in (ROOT / "badgateway" / "load").glob("*.py")}
    inside = {name for name, text in modules.items() if re.search(r"(?m)^\s*(?:import|from) (?:locust|gevent)", text)}

    assert set(re.findall(r"`(\w+)`", named)) >= inside


def test_the_rooms_whose_coverage_is_asked_are_those_that_start_nothing():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (pure,) = [one["source_modules"] for one in contracts if one["name"].startswith("The pure rooms")]
    noxfile = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    named = {
        ast.unparse(line.targets[0]): ast.literal_eval(line.value)
        for line in noxfile.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) in {"PURE_ROOMS", "PURE_MODULES"}
    }

    assert {one.partition(".")[2] for one in pure} == {*named["PURE_ROOMS"], *named["PURE_MODULES"]}


def test_the_table_of_where_to_add_things_has_the_six_of_the_house_and_leads_to_what_is_there():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.split("\n## Where would I add ...\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith(("| a ", "| an "))]
    asked = ("server", "database", "cause", "section", "axis", "format")
    modules = [re.findall(r"`(badgateway/[\w/.]+)`", row) for row in rows]

    assert [word for word in asked if not any(word in row.split("|")[1] for row in rows)] == []
    assert [one for some in modules for one in some if not (ROOT / one.replace("/NAME.py", "")).exists()] == []
