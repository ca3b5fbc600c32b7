"""Takes out of an experiment what nobody may read in a run: values that may be secret. A digest tells them again."""

import re
import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import pbkdf2_hmac

from badgateway.model.experiment import Experiment
from badgateway.model.masking import HIDDEN, SECRET_WORDS, is_secret_name, masked_values
from badgateway.model.running_site import LogCommand, RunningSite
from badgateway.model.site_log import told_as

_ROUNDS = 100_000
"""Who has the digest cannot try words quickly; a run waits a tenth of a second for it."""
_ASSIGNED = re.compile(r"((?:--?[\w-]+=)?([A-Za-z_]\w*)=).*", re.DOTALL)
"""A variable that a command sets, by an option too: `--env NAME=value`."""
# Where a key lies is no secret.
_OPTION = re.compile(
    rf"--?(?:[\w-]*-)?(?:{'|'.join(SECRET_WORDS)})(?![\w-]*(?:file|path|dir)\b)[\w-]*(=.*)?", re.IGNORECASE | re.DOTALL
)

_OF_A_SHELL = re.compile(r"-[a-z]*c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """By what values that are kept nowhere are known again."""

    salt: str
    digest: str


def without_secrets(experiment: Experiment) -> Experiment:
    """Return the experiment as it may be kept and shown; the names of its variables stay."""
    application = experiment.application
    changes = {
        "application": application.model_copy(
            update={
                "environment": _shown(application.environment),
                "prepare": tuple(_shown_words(one) for one in application.prepare),
                "restore": _shown_words(application.restore),
            }
        ),
        "configurations": tuple(
            one.model_copy(
                update={
                    "environment": _shown(one.environment),
                    "command": shown_command(one.command),
                    "note": one.note.replace(one.command, shown_command(one.command)) if one.command else one.note,
                    "background": _shown_words(one.background),
                }
            )
            for one in experiment.configurations
        ),
        "variants": {
            name: one.model_copy(update={"environment": _shown(one.environment)})
            for name, one in experiment.variants.items()
        },
    }
    return experiment.model_copy(update={**changes, "target": _target(experiment.target)})


def as_kept(experiment: Experiment) -> Experiment:
    """Return the experiment as a run's manifest has it: without secrets, but for commands that bring a site's logs.

    `collect` runs those again, from the run alone; such a command had better read its secret from a file.
    """
    return without_secrets(experiment).model_copy(update={"target": experiment.target})


def _target(target: RunningSite | None) -> RunningSite | None:
    if target is None:
        return None
    logs = tuple(log if isinstance(log, str) else LogCommand(command=(told_as(log),)) for log in target.logs)
    return target.model_copy(update={"logs": logs})


def shown_command(line: str) -> str:
    """Return a command as it may be shown: without the values of what is secret by its name, and passwords."""
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        return masked_values(line)
    shown = _shown_words(words)
    return line if shown == words else shlex.join(shown)


def withheld(experiment: Experiment, variables: Mapping[str, str], salt: str = "") -> Withheld | None:
    """Return by what the values are known that are left out of the experiment; None where there are none.

    Args:
        experiment: With them.
        variables: Of the shell, one of which may have the database's address.
        salt: As before, to compare; empty draws one.
    """
    whole, kept = experiment.model_dump_json(), as_kept(experiment).model_dump_json()
    address = experiment.database.url
    if whole == kept and address is None:
        return None
    drawn = salt or secrets.token_hex(16)
    values = "\n".join((whole, variables.get(address.removeprefix("env:"), "") if address else ""))
    return Withheld(salt=drawn, digest=pbkdf2_hmac("sha256", values.encode(), bytes.fromhex(drawn), _ROUNDS).hex())


def hidden_in(experiment: Experiment) -> tuple[str, ...]:
    """Return the names of the variables whose values are left out, in the order of their first mention."""
    return tuple(dict.fromkeys(_hidden_names(experiment)))


def _hidden_names(experiment: Experiment) -> Iterator[str]:
    if experiment.database.url is not None:
        yield experiment.database.url
    environments = (
        experiment.application.environment,
        *(one.environment for one in experiment.configurations),
        *(one.environment for one in experiment.variants.values()),
    )
    for each in environments:
        yield from (name for name, value in _shown(each).items() if value != each[name])


def _shown(environment: Mapping[str, str]) -> dict[str, str]:
    # An address may have a password in it, whatever its variable is called.
    return {name: HIDDEN if is_secret_name(name) else masked_values(value) for name, value in environment.items()}


def _shown_words(argv: tuple[str, ...]) -> tuple[str, ...]:
    before = ("", *argv)
    return tuple(_shown_word(word, option) for word, option in zip(argv, before, strict=False))


def _shown_word(word: str, option: str) -> str:
    if _OF_A_SHELL.fullmatch(option):
        # A line of its own.
        return shown_command(word)
    named = _OPTION.fullmatch(option)
    if named and named[1] is None and not word.startswith("-"):
        return HIDDEN
    own, assigned = _OPTION.fullmatch(word), _ASSIGNED.fullmatch(word)
    if own and own[1]:
        return f"{word.partition('=')[0]}={HIDDEN}"
    if assigned and is_secret_name(assigned[2]):
        return f"{assigned[1]}{HIDDEN}"
    return masked_values(word)
