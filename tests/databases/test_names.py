"""Only a database's own module names it, and docs/architecture.md says truly what a new one takes."""

import re

import pytest

from badgateway.databases.registry import database_systems, databases
from tests.naming import ROOT, Names, steps

_NAMES = {
    word
    for one in databases()
    # That there is none is no name.
    if one.engines
    for word in (one.name, one.label, *(driver.name for driver in one.drivers))
}
NAMES = Names(
    # MySQL's errors and engine are MariaDB's too.
    words=re.compile("|".join(map(re.escape, sorted({*_NAMES, "mysql"}))), re.IGNORECASE),
    own=frozenset(f"databases/{system.name}.py" for system in databases()),
    allowed=frozenset(
        {
            # Cause families about what a database does to a site, and what their advice turns.
            "causes/",
            # What an experiment has that names none, and what raw files of version 0.1 call it.
            "model/experiment.py",
            "databases/database_system.py",
        }
    ),
)


def test_nothing_else_in_the_engine_names_a_database():
    assert NAMES.elsewhere() == {}


def test_no_template_of_a_report_names_a_database():
    assert NAMES.in_templates() == []


@pytest.mark.parametrize("allowed", sorted(NAMES.allowed))
def test_what_may_name_databases_does(allowed):
    assert NAMES.are_at(allowed)


@pytest.mark.parametrize("system", database_systems(), ids=lambda system: system.name)
def test_every_database_has_what_the_docs_say_that_a_new_one_takes(system):
    module, template, site, unit, packages, bootstrap = (
        step.replace("NAME", system.name) for step in steps("Adding a database")
    )

    assert (ROOT / module).is_file()
    assert str(system.template).startswith(template.rstrip("."))
    assert (ROOT / system.template).is_file()
    assert all(f'"{driver.name}"' in (ROOT / site).read_text() for driver in system.drivers)
    assert (ROOT / unit).is_file()
    assert all(driver.distribution in (ROOT / packages).read_text() for driver in system.drivers)
    assert any(f"have {program}" in (ROOT / bootstrap).read_text() for program in system.programs)
