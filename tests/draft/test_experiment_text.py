"""The written experiment is TOML, says what was found, and has no value of a secret."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.draft.candidates import Candidate, LeftOut, candidates
from badgateway.draft.draft import Draft, Levels, Python, with_own_users
from badgateway.draft.experiment_text import NOT_MEASURED, experiment_text, rates_of_log, with_measured_users
from badgateway.draft.findings import findings
from badgateway.draft.locust_file import Workload
from badgateway.draft.repository import Repository
from badgateway.draft.routes import Task
from badgateway.draft.today import TodaysServer, served_by
from badgateway.draft.toml import line, spelled
from badgateway.draft.variables import MADE_UP, RANDOM, URL, Variables
from badgateway.model.application import Application
from tests.draft.sites import database, site


def draft(tmp_path: Path, found=None, **changed) -> Draft:
    found = found or site()
    every = list(candidates(found, cores=2))
    given = {
        "name": "shop",
        "repository": Repository(root=tmp_path, files=(), environments=()),
        "python": Python(program=".venv/bin/python", source=".venv/"),
        "site": found,
        "today": served_by("gunicorn -w 3 shop.wsgi", "Procfile"),
        "server": TodaysServer(settings={"workers": 3, "threads": 1, "listen": 2048}, limit_s=30),
        "variables": Variables()
        .with_one("DATABASE_URL", URL, "leads to the site's database")
        .with_one("SECRET_KEY", RANDOM, "a secret: each run draws its own"),
        "settings_source": "shop.wsgi",
        "workload": Workload(source="the site's URL patterns", tasks=(Task(path="/", name="GET /"),)),
        "levels": Levels(users=(5, 10), source=NOT_MEASURED),
        "candidates": tuple(one for one in every if isinstance(one, Candidate)),
        "left_out": tuple(one for one in every if isinstance(one, LeftOut)),
        "is_apart": True,
    }
    return Draft(**{**given, **changed})


def written(*args, **changed):
    return tomllib.loads(experiment_text(draft(*args, **changed)))


def test_what_runs_today_is_the_baseline_and_the_kits_candidates_come_after_it(tmp_path):
    today, *others = written(tmp_path)["configurations"]

    assert today["baseline"] is True
    assert today["command"] == "gunicorn -w 3 shop.wsgi"
    assert "workers" not in today
    assert today["note"] == "gunicorn -w 3 shop.wsgi (Procfile)"
    assert {one["server"] for one in others} >= {"kit:gunicorn_gthread.py", "kit:uwsgi.ini"}
    assert not any(one.get("baseline") for one in others)


def test_a_driver_that_nobody_knows_is_named_as_the_site_has_it(tmp_path):
    found = site(databases=(database(engine="postgresql", driver="asyncpg"),), kind="plain", is_async=True)

    assert written(tmp_path, found)["database"] == {"system": "postgresql", "driver": "asyncpg"}
    assert told(draft(tmp_path, found), "database")[0].startswith("PostgreSQL, asyncpg; a run makes its own")


def test_a_site_on_alembic_has_its_tables_by_that(tmp_path):
    found = site(kind="plain", packages={"alembic": "1.17"})
    assert not written(tmp_path, found)["application"]["prepare"]
    (tmp_path / "alembic.ini").write_text("[alembic]\n")

    assert written(tmp_path, found)["application"]["prepare"] == [["python", "-m", "alembic", "upgrade", "head"]]
    assert not written(tmp_path, site(kind="plain"))["application"]["prepare"]


@pytest.mark.parametrize(
    ("url", "is_run"),
    [
        ("", True),
        ("driver://user:pass@localhost/dbname", True),
        ("postgresql://me:x@localhost/shop", False),
        ("%(DB)s", False),
    ],
)
def test_migrations_whose_file_names_a_database_are_not_run_unasked(tmp_path, url, is_run):
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = a\nsqlalchemy.url = {url}\n[loggers]\n")
    found = draft(tmp_path, site(kind="plain", packages={"alembic": "1.17"}))

    assert bool(tomllib.loads(experiment_text(found))["application"]["prepare"]) is is_run
    assert ('# also there: ["python", "-m", "alembic"' in experiment_text(found)) is not is_run


def test_nothing_is_called_a_baseline_that_no_file_names(tmp_path):
    assert not any(one.get("baseline") for one in written(tmp_path, today=None)["configurations"])


@pytest.mark.parametrize(
    ("limit_s", "limits"),
    [
        (30, {"app_s": 30, "proxy_read_s": 60, "client_s": 65}),
        (None, {"app_s": 59, "proxy_read_s": 60, "client_s": 65}),
        (120, {"app_s": 120, "proxy_read_s": 60, "client_s": 65, "any_order": True}),
    ],
)
def test_time_limits_are_todays_and_those_of_nginx(tmp_path, limit_s, limits):
    server = TodaysServer(settings={"workers": 3, "threads": 1, "listen": 9}, limit_s=limit_s)

    assert written(tmp_path, server=server)["timeouts"] == limits


def test_a_command_whose_settings_cannot_be_read_is_no_baseline_and_is_said(tmp_path):
    text = experiment_text(draft(tmp_path, server=None, why_not="there is no shop.wsgi"))

    assert "# Procfile says `gunicorn -w 3 shop.wsgi`, which is no baseline here:\n# there is no shop.wsgi.\n" in text
    assert "baseline" not in tomllib.loads(text)["configurations"][0]


def test_a_configuration_that_is_left_out_stands_there_with_its_reason(tmp_path):
    found = site(databases=(database(engine="django.db.backends.mysql", driver="MySQLdb"),))

    assert "# No gunicorn-gevent: mysqlclient: it waits in C" in experiment_text(draft(tmp_path, found))


def test_secrets_and_the_database_are_named_and_have_no_value(tmp_path):
    table = written(tmp_path)["application"]["environment"]

    assert table == {"DATABASE_URL": "${database.url}", "SECRET_KEY": "${random}"}


def test_what_a_run_sets_by_itself_is_said_and_is_no_line_that_a_run_refuses(tmp_path):
    login = ("host", "port", "name", "user", "password")
    variables = Variables().with_one("DB_ENGINE", "mysql", "")
    for part in login:
        variables = variables.with_one(f"DB_{part.upper()}", f"${{database.{part}}}", f"is the database's {part}")
    text = experiment_text(draft(tmp_path, variables=variables))
    environment = tomllib.loads(text)["application"]["environment"]

    assert environment == {"DB_ENGINE": "mysql"}
    assert "# A run sets these by itself: DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD" in text
    assert (
        Application.model_validate({"wsgi": "shop.wsgi:application", "environment": environment}).environment
        == environment
    )


def test_what_a_user_may_confirm_stands_there_for_a_site_without_settings(tmp_path):
    variables = Variables().with_one("SHOP_URL", URL, "").with_one("SECRET", RANDOM, "")
    text = experiment_text(draft(tmp_path, site(kind="flask"), variables=variables))

    assert '# Take it in where the machine gives no network of its own: database_variables = ["SHOP_URL"]' in text
    assert "database_variables" not in experiment_text(draft(tmp_path, site(), variables=variables))


def test_half_a_way_to_the_database_is_named_and_is_nothing_that_a_user_may_confirm(tmp_path):
    variables = replace(Variables().with_one("DB_HOST", "${database.host}", ""), fixed=("name", "user"))
    one = draft(tmp_path, site(kind="flask"), variables=variables)
    text = experiment_text(one)
    (line,) = told(one, "database")

    assert "# Only half of the way to the database is led by variables: name and user is not" in text
    assert "database_variables" not in text
    assert "name (shop) and user (shop) come from none" in line
    assert "DB_NAME and DB_USER" in line


def test_another_database_that_no_variable_leads_to_is_named(tmp_path):
    other = database(alias="replica", host="replica.example.org")
    _, line = told(draft(tmp_path, site(databases=(database(), other))), "database")

    assert "no variable leads away from replica.example.org:5432/shop" in line


def test_a_database_on_a_socket_that_no_variable_leads_to_is_named(tmp_path):
    found = site(databases=(database(host="", port=""),))
    (line,) = told(draft(tmp_path, found, variables=Variables()), "database")

    assert "no variable leads away from shop on a socket of this machine" in line


def test_host_and_scheme_are_those_of_production(tmp_path):
    found = site(flags={"SECURE_SSL_REDIRECT": True}, allowed_hosts=(".example.org", "shop.example.org"))
    table = written(tmp_path, found)["application"]

    assert (table["host"], table["scheme"]) == ("shop.example.org", "https")
    assert table["health"] == {"path": "/", "status": [200, 301, 302]}


def test_a_database_of_no_known_kind_is_none_with_its_engine(tmp_path):
    found = site(databases=(database(engine="django.db.backends.oracle", driver=""),))

    assert written(tmp_path, found)["database"] == {"system": "none"}


@pytest.mark.parametrize("value", ['a "quoted" \\ text', "two\nlines", "tab\there", "\x1b[31m", "ünïcode", ""])
def test_whatever_a_text_has_is_read_back(value):
    assert tomllib.loads(line("key", value, "why\nso")) == {"key": value}
    assert tomllib.loads(f"{line(value, [1, 2.5, True])}\n") == {value: [1, 2.5, True]}


def test_tables_and_long_lists_are_read_back():
    commands = [["python", "manage.py", "a-rather-long-command-number-" + str(n), "--noinput"] for n in range(4)]

    assert tomllib.loads(line("prepare", commands)) == {"prepare": commands}
    assert spelled({"a b": [1], "c": {"d": False}}) == '{ "a b" = [1], c = { d = false } }'


def told(one, subject):
    return [f"{each.found}: {each.source}: {each.remedy}" for each in findings(one) if each.subject == subject]


def test_what_cannot_be_measured_is_said_with_what_to_do(tmp_path):
    found = site(debug=True, flags={"SECURE_SSL_REDIRECT": True}, remote={"EMAIL_HOST": "mail.example.org"})
    one = draft(tmp_path, found, variables=Variables().with_one("SITE_ID", "x", MADE_UP), is_apart=False)

    assert "DJANGO_SETTINGS_MODULE" in told(one, "DEBUG")[0]
    assert "SECURE_PROXY_SSL_HEADER" in told(one, "HTTPS")[0]
    assert "no variable leads away from db.example.org:5432/shop" in told(one, "database")[0]
    assert "look at it" in told(one, "variable")[0]
    assert "mail.example.org" in told(one, "outside")[0]
    assert "audit hook" in told(one, "network")[0]


@pytest.mark.parametrize(
    ("today", "word"),
    [
        (None, "--command"),
        (served_by("gunicorn a:app -w $WORKERS", "Procfile"), "WORKERS stands for"),
        (served_by("uvicorn a:app", "Procfile"), "it listens nowhere; so there is no baseline"),
    ],
)
def test_a_baseline_that_is_not_known_is_said_with_what_helps(tmp_path, today, word):
    (line,) = told(draft(tmp_path, today=today, server=None, why_not="it listens nowhere"), "today")

    assert word in line


def test_a_database_that_no_run_can_serve_is_said_before_anybody_tries(tmp_path):
    found = database(engine="django.db.backends.oracle", driver="oracledb")
    (line,) = told(draft(tmp_path, site(databases=(found,))), "database")

    assert "MariaDB, PostgreSQL and SQLite alone" in line


def test_a_site_without_a_database_is_run_without_one(tmp_path):
    found = draft(tmp_path, site(databases=()))
    (line,) = told(found, "database")

    assert "a run has none" in line
    assert tomllib.loads(experiment_text(found))["database"] == {"system": "none"}


def test_a_site_that_deploys_on_a_file_is_measured_on_one(tmp_path):
    file = database(engine="django.db.backends.sqlite3", host="", port="", user="", name="db.sqlite3", driver="sqlite3")
    found = draft(tmp_path, site(databases=(file,)))

    assert "SQLite, sqlite3; a run makes its own" in told(found, "database")[0]
    assert tomllib.loads(experiment_text(found))["database"] == {"system": "sqlite", "driver": "sqlite3"}


def test_a_server_with_greenlets_is_not_told_by_its_threads_alone(tmp_path):
    server = TodaysServer(settings={"workers": 3, "threads": 1, "greenlets": 1000, "listen": 2048}, limit_s=30)

    assert "workers 3, threads 1, greenlets 1000, listen 2048" in told(draft(tmp_path, server=server), "today")[1]


def test_what_is_no_place_is_not_said_to_be_one_that_something_is_from(tmp_path):
    one = draft(tmp_path)

    for subject in ("variable", "left out", "load"):
        assert all(": : " in line and "  (" in line for line in told(one, subject))


def test_a_site_that_is_well_has_nothing_to_be_done(tmp_path):
    found = site(allowed_hosts=("*",))

    assert [one.subject for one in findings(draft(tmp_path, found)) if one.remedy] == []


def test_the_objective_is_said_to_be_the_kits(tmp_path):
    (told,) = [one.found for one in findings(draft(tmp_path)) if one.subject == "objective"]

    assert told.startswith("at most 1\N{NO-BREAK SPACE}% fail, p95 within 1\N{NO-BREAK SPACE}s  (chosen by the kit")
    assert written(tmp_path)["objective"] == {"max_failure_share": 0.01, "p95_ms": 1000}


def test_levels_that_init_chose_are_measured_once_and_those_of_the_users_own_never(tmp_path):
    text = experiment_text(draft(tmp_path))
    measured = with_measured_users(text, (10, 20, 40), "with 20 users the p95 is 40 ms")

    assert tomllib.loads(measured)["load"]["users"] == [10, 20, 40]
    assert with_measured_users(measured, (1,), "") == measured
    mine = text.replace("users = [5, 10]", "users = [7]").replace(NOT_MEASURED, "mine")
    assert with_measured_users(mine, (1,), "") == mine


def test_a_service_that_a_run_can_start_is_offered_where_the_site_would_reach_its_own(tmp_path):
    cache, mail = told(draft(tmp_path, site(remote={"CACHES.default": "RedisCache", "EMAIL_HOST": "x"})), "outside")

    assert 'services = ["redis"]' in cache
    assert "services" not in mail
    assert "send_mail = true" in mail


def test_rates_of_a_log_are_no_levels_for_users_that_somebody_wrote(tmp_path):
    usual = Levels(users=(5, 10), source=NOT_MEASURED)
    of_log = draft(tmp_path, levels=Levels(rates_per_s=(2.0, 4.5), source="a log"))
    one = with_own_users(of_log, usual)
    (line,) = told(one, "load")

    text = experiment_text(one)
    assert tomllib.loads(text)["load"]["users"] == [5, 10]
    assert "the log has 2, 4.5 requests/s" in line
    assert rates_of_log(text) == (2.0, 4.5)
    assert rates_of_log(with_measured_users(text, (1, 3), "measured")) == ()
    assert with_own_users(draft(tmp_path, levels=usual), usual).levels == usual
