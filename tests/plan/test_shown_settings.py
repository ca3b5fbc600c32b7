"""Which sites show beforehand what they would connect to."""

import pytest

from badgateway.plan.shown_settings import is_manage, needs_network_of_its_own, unconfirmed
from tests.declared import experiment

MIGRATE = ["python", "manage.py", "migrate"]


def site(**of: object):
    return experiment(application={"directory": "app", "prepare": [MIGRATE], "restore": [], **of})


@pytest.fixture
def django(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manage.py").touch()
    return tmp_path


def test_a_site_of_djangos_shows_its_settings(django):
    assert not needs_network_of_its_own(site(), django)


def test_so_does_one_that_is_told_them_by_a_variable(tmp_path):
    assert not needs_network_of_its_own(site(environment={"DJANGO_SETTINGS_MODULE": "shop.settings"}), tmp_path)


def test_any_other_site_does_not(tmp_path):
    assert needs_network_of_its_own(site(prepare=[]), tmp_path)


@pytest.mark.parametrize("of", [{"prepare": [MIGRATE, ["sh", "fill.sh"]]}, {"restore": ["python", "restore.py"]}])
def test_a_command_that_is_none_of_djangos_shows_nothing(of, django):
    assert needs_network_of_its_own(site(**of), django)


@pytest.mark.parametrize(
    ("argv", "is_one"),
    [(MIGRATE, True), (["python", "shop/manage.py"], True), (["python"], False), (["manage.py", "migrate"], False)],
)
def test_a_command_of_djangos_is_known_by_its_program(argv, is_one):
    assert is_manage(argv) is is_one


@pytest.mark.parametrize("variables", [{"DATABASE_URL": "${database.url}"}, {"DATABASE_URL": "x://${database.host}/y"}])
def test_a_variable_that_leads_to_the_runs_database_can_be_confirmed(variables):
    assert unconfirmed(site(database_variables=["DATABASE_URL", "DB_HOST"], environment=variables)) == ""


@pytest.mark.parametrize("variables", [{}, {"DATABASE_URL": "mysql://db.example.org/shop"}])
def test_one_that_leads_elsewhere_cannot(variables):
    told = unconfirmed(site(database_variables=["DATABASE_URL"], environment=variables))

    assert "DATABASE_URL leads to no database of a run" in told
    assert "[application.environment]" in told
