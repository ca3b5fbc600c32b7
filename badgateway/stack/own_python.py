"""Finds the interpreter of an experiment's site, and lends it the servers that its environment lacks."""

from functools import cache
from pathlib import Path

from badgateway.model.experiment import Experiment
from badgateway.model.interpreter import Interpreter
from badgateway.plan.programs import server_packages, site_python
from badgateway.process.account import open_passage, service_account
from badgateway.process.interpreter import kits_own, read_interpreter
from badgateway.stack.overlay import lend
from badgateway.store.temporary_folder import temporary_folder


def interpreter_of(experiment: Experiment, root: Path) -> Interpreter:
    """Return the site's own interpreter, where the experiment names one, else the kit's.

    It is started, as the account that the servers will have.

    Raises:
        ConfigurationError: It is no Python, or one that is too old.
        DeploymentError: It cannot be started.
    """
    program = site_python(experiment, root)
    return kits_own() if program is None else interpreter_at(program)


@cache
def interpreter_at(program: Path, key: str = "application.python") -> Interpreter:
    """Return what a program says of itself that is to be a site's interpreter.

    Args:
        program: Its path.
        key: What names it, for the messages.

    Raises:
        ConfigurationError: It is no Python, or one that is too old.
        DeploymentError: It cannot be started.
    """
    account = service_account()
    with temporary_folder() as folder:
        open_passage(folder, account)
        return read_interpreter(program, folder=folder, account=account, key=key)


def lend_servers(experiment: Experiment, interpreter: Interpreter, folder: Path) -> None:
    """Copy the experiment's servers that a site's own environment lacks into folder, which is made if there are any.

    Whether it can import them has been looked at before; see plan/programs.py.
    """
    needed = server_packages(experiment)
    if interpreter.lacks(needed) and interpreter.fits(kits_own()):
        lend(needed, interpreter.packages, folder)
