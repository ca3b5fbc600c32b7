"""What a report shows of an experiment has its variables' names, and no secret values."""

from badgateway.model.secrets import without_secrets
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
