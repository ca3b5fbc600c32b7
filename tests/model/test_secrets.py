"""What a report shows of an experiment has its variables' names, and no secret values."""

import pytest

from badgateway.model.running_site import LogCommand
from badgateway.model.secrets import shown_command, withheld, without_secrets
from badgateway.model.site_log import told_as
from tests.declared import declared, experiment
from tests.study.test_more_blocks import SITE, attached

SECRETS = {"SECRET_KEY": "hunter2", "API_TOKEN": "hunter2", "CACHE_URL": "postgresql://me:hunter2@db.example.org/a"}


def test_values_whose_names_say_that_they_are_secret_and_passwords_in_addresses_are_hidden_everywhere():
    first, *others = declared()["configurations"]
    asked = experiment(
        application={"environment": {**SECRETS, "PAGE_SIZE": "20"}},
        configurations=[first | {"environment": SECRETS}, *others],
        variants={"quick": {"environment": SECRETS}},
    )

    shown = without_secrets(asked)

    assert "hunter2" not in shown.model_dump_json()
    assert shown.application.environment["PAGE_SIZE"] == "20"
    assert set(shown.application.environment) == {*SECRETS, "PAGE_SIZE"}
    assert shown.model_dump(exclude={"application", "configurations", "variants"}) == asked.model_dump(
        exclude={"application", "configurations", "variants"}
    )


def test_what_stands_in_the_commands_that_bring_logs_is_not_shown():
    command = {"command": ["curl", "--user", "me:hunter2", "https://x/a?k=hunter2"]}
    asked = attached(target={**SITE, "logs": ["a.log", command]})
    shown = without_secrets(asked)

    assert "hunter2" not in shown.model_dump_json()
    assert shown.target is not None
    assert shown.target.logs[0] == "a.log"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("gunicorn --env API_TOKEN=hunter2 shop:app", "gunicorn --env API_TOKEN=... shop:app"),
        ("gunicorn -e 'API_TOKEN=hunter 2' shop:app", "gunicorn -e API_TOKEN=... shop:app"),
        ("API_TOKEN='hunter 2' gunicorn shop:app", "API_TOKEN=... gunicorn shop:app"),
        ("python fill.py --password hunter2 --rows 5", "python fill.py --password ... --rows 5"),
        ("python fill.py --db-password=hunter2", "python fill.py --db-password=..."),
        ("sh -c 'API_TOKEN=hunter2 gunicorn shop:app'", "sh -c 'API_TOKEN=... gunicorn shop:app'"),
        ("psql postgresql://me:hunter2@db.example.org/a", "psql postgresql://...@db.example.org/a"),
        *((line, line) for line in (
            "gunicorn --keyfile tls/key.pem --keep-alive 5 --bind :8000 shop:app",
            "uwsgi --gevent-early-monkey-patch shop.wsgi",
            "gunicorn --env DJANGO_SETTINGS_MODULE=shop.settings shop.wsgi",
            "sh -c 'python manage.py migrate && gunicorn shop.wsgi'",
        )),
    ],
)  # fmt: skip
def test_a_command_is_shown_without_what_its_words_name_as_secret(line, shown):
    assert shown_command(line) == shown


def test_the_digest_tells_the_same_values_and_no_others():
    asked = experiment(application={"environment": SECRETS})
    first = withheld(asked, {})

    assert first is not None
    assert withheld(asked, {}, first.salt) == first
    other = experiment(application={"environment": SECRETS | {"API_TOKEN": "hunter3"}})
    assert withheld(other, {}, first.salt) != first
    assert withheld(asked, {}) != first


def test_where_nothing_was_left_out_there_is_no_digest():
    assert withheld(experiment(), {}) is None


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("ssh", "staging", "cat", "/var/log/nginx/access.log"), "ssh ... /var/log/nginx/access.log"),
        (("curl", "https://logs.example.org:8443/access.log"), "curl https://logs.example.org:8443/access.log"),
        (("sh", "-c", "curl -u me:hunter2 https://x.example/a.log"), "sh ..."),
        (("scp", "me:hunter2@staging:/var/log/a.log"), "scp ..."),
        (("fetch", "--token=hunter2/x"), "fetch ..."),
        (("fetch", "hunter2"), "fetch ..."),
        (("python", "shift.py", "timed.jsonl"), "python ... timed.jsonl"),
        (("fetch",), "fetch"),
    ],
)
def test_of_a_command_the_first_word_is_told_and_the_last_only_where_it_is_a_path(command, told):
    assert told_as(LogCommand(command=command)) == told
