"""Finds out whether a Locust file can be loaded and has users, before anything else is started."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from badgateway.errors import ConfigurationError, DeploymentError, LoadError
from badgateway.load.command import Target, loading_command
from badgateway.load.restraint import Restraint
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadUnit
from badgateway.model.printable import printable, shortened
from badgateway.process.running import run_to_end
from badgateway.store.temporary_folder import temporary_folder

DEADLINE_S = 30.0
_STANDALONE = Path(__file__).with_name("standalone.py")
_MEASURED = "HttpUser, FastHttpUser, or RecordedUser of badgateway.load.recorder"


def require_users(experiment: Experiment, *, root: Path, folder: Path) -> None:
    """Load the Locust file of an experiment in a child process, with the environment that its first trial would have.

    Args:
        experiment: Names the file.
        root: The project's folder.
        folder: An empty folder for the child's log and its answer.

    Raises:
        ConfigurationError: It cannot be loaded, a user in it cannot be measured, or has no task; key, file, line,
            and what to do.
    """
    fault = _fault(_loaded(experiment, root, folder), is_open=_has_open_loop(experiment))
    if fault:
        raise ConfigurationError(f"load.locustfile: {printable(str(root / experiment.load.locustfile))}{fault}")


def _loaded(experiment: Experiment, root: Path, folder: Path) -> dict[str, Any]:
    first, site = experiment.configurations[0], experiment.target
    target = Target(
        url=site.url if site else "http://127.0.0.1",
        load=experiment.load,
        client_timeout_s=experiment.timeouts_of(first).client_s,
        project_root=root,
        seed=experiment.seed,
        environment={**experiment.application.environment, **first.environment},
        # What a file asks while it is loaded is asked as well.
        restraint=Restraint.of(site, root) if site else None,
    )
    return _answered(target, folder)


def standalone_parts(experiment: Experiment, *, root: Path, folder: Path) -> tuple[str, str]:
    """Return the text of the Locust file and the one that, behind it, writes rows where there is no kit.

    Raises:
        ConfigurationError: It needs more than Locust and itself, or its users are none of Locust's HttpUser.
    """
    path = root / experiment.load.locustfile
    found = _loaded(experiment, root, folder)
    fault = _fault(found, is_open=False) or _why_not_standalone(found)
    if fault:
        raise ConfigurationError(f"load.locustfile: {printable(str(path))}{fault}")
    return path.read_text(encoding="utf-8"), _STANDALONE.read_text(encoding="utf-8")


def _why_not_standalone(found: dict[str, Any]) -> str:
    others = [name for name, user in found["users"].items() if not user["is_http"]]
    if others:
        return (
            f": {_names(others)}: where there is no badgateway, the requests of HttpUser alone are recorded; derive "
            "users from that"
        )
    if len(found["files"]) > 1:
        return f": imports {_names(found['files'])} of its project, which are not there; write it as one file"
    return ""


def project_files(target: Target) -> dict[str, str]:
    """Return the text of the Locust file and of what it imports of its project, by their paths there.

    Raises:
        LoadError: It cannot be loaded any more.
    """
    with temporary_folder() as folder:
        found = _answered(target, folder)
    if "fault" in found:
        raise LoadError(f"{target.load.locustfile}{_fault(found, is_open=False)}")
    return {path: (target.project_root / path).read_text(encoding="utf-8") for path in found["files"]}


def _answered(target: Target, folder: Path) -> dict[str, Any]:
    answer = folder / "answer.json"
    try:
        run_to_end(loading_command(target, answer), deadline_s=DEADLINE_S)
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    except DeploymentError as error:
        return {"fault": _last_words(error)}
    except (OSError, ValueError) as error:
        return {"fault": f"it left no answer ({error})"}
    return found


def _has_open_loop(experiment: Experiment) -> bool:
    search = experiment.study.capacity if experiment.study else None
    return bool(experiment.load.rates_per_s) or (search is not None and search.unit is LoadUnit.RATE)


def _fault(loaded: dict[str, Any], *, is_open: bool) -> str:
    if "fault" in loaded:
        line = f", line {loaded['line']}" if loaded.get("line") else ""
        return f"{line}: cannot be loaded: {_one_line(loaded['fault'])}; mend it, or install what it needs"
    if shapes := loaded.get("shapes"):
        # Locust would do as it says, and not as the experiment does: another number of users, for another time.
        return f": {_names(shapes)} says how many users there are, and so does load.users; take that class out"
    return _fault_of_users(loaded["users"], is_open=is_open)


def _fault_of_users(users: dict[str, dict[str, Any]], *, is_open: bool) -> str:
    if not users:
        return f": has no user class; write one, derived from {_MEASURED}"
    others = [name for name, user in users.items() if not user["kind"]]
    if others:
        return f": nothing records what some users do ({_names(others)}); derive them from {_MEASURED}"
    plain = [name for name, user in users.items() if user["kind"] == "plain"]
    if is_open and plain:
        return (
            f": an open loop needs users whose choices are seeded, which {_names(plain)} cannot be; derive them from "
            "RecordedUser of badgateway.load.recorder, or name numbers of users in load.users"
        )
    idle = [name for name, user in users.items() if not user["has_tasks"]]
    if idle:
        return f": nothing to do for {_names(idle)}; mark a method of each with locust's @task"
    return ""


def _names(users: Iterable[str]) -> str:
    return shortened(", ".join(map(printable, users)))


def _last_words(error: DeploymentError) -> str:
    how, *log = str(error).splitlines()
    words = [line for line in log if line.strip()][-1:]
    return ": ".join((how.partition("; last log lines")[0], *words))


def _one_line(fault: str) -> str:
    return printable(shortened(fault, 300))
