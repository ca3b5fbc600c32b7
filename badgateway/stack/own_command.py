"""Asks a server what it would run with as the user's own command starts it; the site itself is not loaded."""

import json
from pathlib import Path
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


def as_it_runs(experiment: Experiment, root: Path) -> Experiment:
    """Return the experiment with what each configuration's own command says of workers, threads, limits and the like.

    The command's server reads command and file in a copy of the site, as the account that the servers will have.

    Raises:
        ConfigurationError: The server cannot be asked, or says what no configuration can have.
        DeploymentError: It refuses the command, with its own words.
    """
    if not any(one.command for one in experiment.configurations):
        return experiment
    account = service_account()
    with temporary_folder() as folder:
        open_passage(folder, account)
        copy_site(root / experiment.application.directory, folder / _SITE, account)
        interpreter = interpreter_of(experiment, root)
        lend_servers(experiment, interpreter, folder / _LENT)
        if (folder / _LENT).is_dir():
            hand_over_all(folder / _LENT, account)
        told = tuple(
            _as_told(one, _asked(one, experiment, interpreter.program, folder, account), experiment)
            if one.command
            else one
            for one in experiment.configurations
        )
    return experiment.model_copy(update={"configurations": told})


def _asked(one: Configuration, experiment: Experiment, python: Path, folder: Path, account: Account | None) -> Any:
    own, key = server_of(one).own_command, f"configurations[{one.name}].command"
    assert own is not None, "looked at when the experiment was read"
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
        return json.loads(printed.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise ConfigurationError(f"{key}: its server does not say what it would run with: {printed[-200:]}") from error


def _as_told(one: Configuration, told: Any, experiment: Experiment) -> Configuration:
    settings = {name: value for name, value in told.items() if name not in ("model", "app_s")}
    limits = experiment.timeouts_of(one)
    app_s = int(told["app_s"]) or limits.app_s
    any_order = limits.any_order or app_s >= limits.proxy_read_s
    declared = one.model_dump(mode="json") | settings
    declared["worker_model"] = server_of(one).model_told(str(told["model"]))
    declared["timeouts"] = Timeouts(**(limits.model_dump() | {"app_s": app_s, "any_order": any_order})).model_dump()
    try:
        return Configuration.model_validate_json(json.dumps(declared), strict=True)
    except ValueError as error:
        raise ConfigurationError(f"configurations[{one.name}].command: {error}") from error
