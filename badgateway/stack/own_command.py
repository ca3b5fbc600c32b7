"""Finds out what a server would run with as the user's own command starts it; the site itself is not loaded."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account, hand_over_all, open_passage, service_account
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.servers.registry import server_of
from badgateway.stack.own_python import interpreter_of, lend_servers
from badgateway.stack.site import base_environment
from badgateway.stack.site_copy import copy_site
from badgateway.store.temporary_folder import temporary_folder

DEADLINE_S = 30.0
_SITE, _LENT = "site", "lent"
_MADE = PurePosixPath(".badgateway-kit/commands")


def as_it_runs(experiment: Experiment, root: Path) -> Experiment:
    """Return the experiment with what each configuration's own command says of workers, threads, limits and the like.

    The command's server reads command and file in a copy of the site, as the account that the servers will have; of
    servers that cannot be asked, the kit reads them.

    Raises:
        ConfigurationError: The server cannot be asked, or says what no configuration can have.
        DeploymentError: It refuses the command, with its own words.
    """
    if not any(one.command for one in experiment.configurations):
        return experiment
    account = service_account()
    with temporary_folder() as folder:
        open_passage(folder, account)
        application = experiment.application
        copy_site(root / application.directory, folder / _SITE, account, application.copied)
        interpreter = interpreter_of(experiment, root)
        lend_servers(experiment, interpreter, folder / _LENT)
        if (folder / _LENT).is_dir():
            hand_over_all(folder / _LENT, account)
        told = tuple(
            _as_told(one, _told(one, experiment, interpreter.program, folder, account), experiment)
            if one.command
            else one
            for one in experiment.configurations
        )
    return experiment.model_copy(update={"configurations": told})


def server_file(one: Configuration) -> PurePosixPath:
    """Return where a run has a configuration's server file: of a command, what is made of it has a place of its own."""
    if not is_made(one):
        return one.server
    return _MADE / f"{one.name}{PurePosixPath(server_of(one).files[0]).suffix}"


def is_made(one: Configuration) -> bool:
    """Tell whether a configuration's server file is made of its command."""
    own = server_of(one).own_command
    return bool(one.command) and own is not None and not own.asks


def made_text(one: Configuration, experiment: Experiment, site: Path) -> str:
    """Return the text of a server file that is made of a command.

    Args:
        one: The configuration.
        experiment: Whose it is.
        site: The application's folder, or a copy of it that nobody else can change.

    Raises:
        ConfigurationError: What the command comes to is not known.
    """
    own, key, words = server_of(one).own_command, f"configurations[{one.name}].command", one.command_words
    assert own is not None, "looked at when the experiment was read"
    try:
        name = own.file(words)
        named = _text_in(site, name) if name else ""
        return own.text(words, named, {**experiment.application.environment, **one.environment})
    except ValueError as error:
        raise ConfigurationError(f"{key}: {error}") from error


def _text_in(site: Path, name: str) -> str:
    file = site / name
    if not file.resolve().is_relative_to(site.resolve()) or not file.is_file():
        raise ValueError(f"there is no {name} in what a run copies of the site; see application.copy")
    return file.read_text(encoding="utf-8-sig")


def _told(one: Configuration, experiment: Experiment, python: Path, folder: Path, account: Account | None) -> Any:
    server, key = server_of(one), f"configurations[{one.name}].command"
    own = server.own_command
    assert own is not None, "looked at when the experiment was read"
    if not own.asks:
        text = made_text(one, experiment, folder / _SITE)
        try:
            return {"worker_model": server.worker_model(text), **own.told(text)}
        except ValueError as error:
            raise ConfigurationError(f"{key}: {error}") from error
    command = Command(
        name=key,
        argv=(str(python), "-c", own.asks, *one.command_words),
        environment={
            **base_environment(folder),
            **experiment.application.environment,
            **one.environment,
            "PYTHONPATH": str(folder / _LENT),
        },
        directory=folder / _SITE,
        log=folder / "command.log",
        account=account,
    )
    printed = run_to_end(command, deadline_s=DEADLINE_S)
    try:
        told = json.loads(printed.splitlines()[-1])
        told["worker_model"] = server.model_told(str(told.pop("model")))
    except (ValueError, LookupError, AttributeError) as error:
        raise ConfigurationError(f"{key}: its server does not say what it would run with: {printed[-200:]}") from error
    return told


def _as_told(one: Configuration, told: Any, experiment: Experiment) -> Configuration:
    settings = {name: value for name, value in told.items() if name != "app_s"}
    limits = experiment.timeouts_of(one)
    app_s = int(told["app_s"]) or limits.app_s
    any_order = limits.any_order or app_s >= limits.proxy_read_s
    declared = one.model_dump(mode="json") | settings
    declared["timeouts"] = Timeouts(**(limits.model_dump() | {"app_s": app_s, "any_order": any_order})).model_dump()
    try:
        return Configuration.model_validate_json(json.dumps(declared), strict=True)
    except ValueError as error:
        raise ConfigurationError(f"configurations[{one.name}].command: {error}") from error
