"""Completes and checks the declaration of an experiment whose site already runs: nothing of it is started."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from badgateway.databases.database_kind import NO_DATABASE
from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.model.knob import ATTACHED
from badgateway.model.printable import printable_part
from badgateway.model.running_site import AS_IT_IS
from badgateway.plan.overrides import validated

TARGET = "target"
_ITS_OWN = ("configurations", "database", "study", "confirmation", "size")
_OF_APPLICATION = ("health", "environment")
"""Keys that mean something without a server: what is asked first, and what the Locust file reads."""


def running_site_faults(declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a declaration with a target says of servers, each with its key: nothing would come of it."""
    if TARGET not in declared:
        return
    for key in _ITS_OWN:
        if key in declared:
            yield (
                f"{key}: of a site that already runs no server is started; take it out, and name what you switch on it "
                "by badgateway run --label NAME"
            )
    application = declared.get("application")
    for key in application if isinstance(application, dict) else ():
        if key not in _OF_APPLICATION:
            allowed = " and ".join(_OF_APPLICATION)
            yield f"application.{printable_part(str(key))}: no server is started; allowed are {allowed}"


def of_running_site(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declaration with a target as that of one configuration, of which nothing is known but its name."""
    application = declared.get("application", {})
    quiet: dict[str, Any] = {"prepare": [], "restore": [], "wait_path": None, "health": {"path": "/"}}
    own = application if isinstance(application, dict) else {}
    return {
        **declared,
        "application": {**quiet, **own} if isinstance(application, dict) else application,
        "database": {"system": NO_DATABASE},
        "configurations": [
            {"name": AS_IT_IS, "server": f"kit:{ATTACHED}", "kind": ATTACHED, "driver": NO_DATABASE, "workers": 1}
        ],
    }


def labelled(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment with another name for how its site is now.

    Raises:
        ConfigurationError: Its servers are the run's own, or it is no name.
    """
    if experiment.target is None:
        raise ConfigurationError(
            f"--label: {experiment.name} has configurations of its own; --label names what you switched on a site that "
            "already runs, see [target]"
        )
    declared = experiment.model_dump(mode="json")
    declared["configurations"][0]["name"] = name
    return validated(declared, "--label")


def certificate_fault(experiment: Experiment, root: Path) -> Iterator[str]:
    """Yield what is wrong with the certificates that an experiment names."""
    file = experiment.target.ca_file if experiment.target else None
    if file is None:
        return
    remedy = "give the certificate of who signed the site's, as PEM"
    if not (root / file).is_file():
        yield f"target.ca_file: no such file: {root / file}; {remedy}"
        return
    try:
        SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(root / file)
    except OSError as error:
        yield f"target.ca_file: {root / file} has no certificates: {error.strerror or error}; {remedy}"
