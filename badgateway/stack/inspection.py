"""Has a site's own Python load it and tell what it is: in a copy, without network, and with nothing of the caller's."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from badgateway.draft.inspected import Inspected, inspected
from badgateway.draft.variables import MARKED_PASSWORD, MOST_FILLED, filler
from badgateway.errors import DeploymentError
from badgateway.plan.programs import search_path
from badgateway.process.account import Account, remedy_of_closed, unreachable_parent
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.stack import inspect_site
from badgateway.stack.site import base_environment

DEADLINE_S = 60.0
SCRIPT = Path(inspect_site.__file__)
PARTS = ("inspect_site.py", "inspect_declared.py", "inspect_django.py", "inspect_plain.py")
APART = ("unshare", "--map-root-user", "--net")
"""Run in a network of its own, in which there is nothing, not even this machine."""
_NOT_A_NUMBER = ("invalid literal for int", "could not convert string to float", "Input should be a valid integer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """How a site is loaded to be looked at."""

    copy: Path
    """Of the repository; the site may write there."""
    folder: Path
    """For what it prints, and the scripts: the kit's own."""
    directory: PurePosixPath
    """The folder of the copy that a server is started in."""
    python: Path
    targets: Sequence[str]
    manage: str
    account: Account | None
    is_apart: bool
    """Whether the site has no network while it is loaded."""
    required: tuple[str, ...] = ()
    """Packages that the repository's own files ask for."""
    paths: Sequence[str] = ()
    """Folders in which its modules are, besides where it is started."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Variables that it has in any case."""

    def look(self, variables: Mapping[str, str]) -> Inspected:
        """Load the site once, with these variables.

        Raises:
            DeploymentError: Its Python cannot be started, or ended without an answer.
        """
        asked = json.dumps(
            {
                "targets": list(self.targets),
                "paths": list(self.paths),
                "manage": self.manage,
                "word": MARKED_PASSWORD,
            }
        )
        answer = self._asked(self.python, (str(self.folder / SCRIPT.name), asked), variables)
        return inspected(_marked(answer, self.python)).model_copy(update={"required": self.required})

    def told(
        self, asks: str, words: Sequence[str], variables: Mapping[str, str], kits_python: Path
    ) -> Mapping[str, Any]:
        """Return what a server's command runs with, as its own parser says.

        Args:
            asks: The program that prints it, see `OwnCommand`.
            words: Behind the program's name.
            variables: Of the site.
            kits_python: Asked where the site's own one has no such server.

        Raises:
            ValueError: It refuses the command; with the last line that it printed.
        """
        for python in (self.python, kits_python):
            try:
                printed = self._asked(python, ("-c", asks, *words), variables)
                return dict(json.loads(printed.splitlines()[-1]))
            except DeploymentError as error:
                refusal = _last_line(str(error))
            except (ValueError, IndexError):
                refusal = "it prints something else than its settings"
        raise ValueError(refusal)

    def _asked(self, python: Path, argv: Sequence[str], variables: Mapping[str, str]) -> str:
        """Run a program of Python's in the copy, and return what it printed."""
        apart = APART if self.is_apart else ()
        command = Command(
            name=f"{python} (looking at the site)",
            argv=(*apart, str(python), "-B", *argv),
            environment={**base_environment(self.copy), **_quiet(), **self.given, **variables},
            directory=self.copy / self.directory,
            log=self.folder / "look.log",
            account=self.account,
        )
        return run_to_end(command, deadline_s=DEADLINE_S)

    def look_filling(self, variables: Mapping[str, str]) -> tuple[Inspected, dict[str, str]]:
        """Load the site, filling in what it cannot be loaded without; return it and what was filled in."""
        filled: dict[str, str] = {}
        found = self.look(variables)
        for _ in range(MOST_FILLED):
            name = _wanted(found, filled)
            if not found.error or not name:
                break
            filled[name] = filler(name, found, is_number=name in filled)
            found = self.look({**variables, **filled})
        return found, filled


def _marked(printed: str, python: Path) -> str:
    """Return the line that the script printed, whatever the site did."""
    answer = printed.rpartition(inspect_site.PRINTED)[2].splitlines()
    if inspect_site.PRINTED not in printed or not answer:
        raise DeploymentError(f"{python} ended without telling what the site is; its last lines:\n{printed}")
    return answer[0]


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _wanted(found: Inspected, filled: Mapping[str, str]) -> str:
    """Return the variable to fill in next: one that is missing, or that has to be a number."""
    if any(words in found.error for words in _NOT_A_NUMBER):
        named = [name for name, value in filled.items() if repr(value) in found.error]
        return named[-1] if named else ""
    return found.missing if found.missing not in filled else ""


def _quiet() -> dict[str, str]:
    return {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}


def can_be_apart(folder: Path, account: Account | None) -> bool:
    """Tell whether a program can be given a network of its own here."""
    if shutil.which(APART[0], path=search_path()) is None:
        return False
    command = Command(
        name="unshare",
        argv=(*APART, "true"),
        environment=base_environment(folder),
        directory=folder,
        log=folder / "unshare.log",
        account=account,
    )
    try:
        run_to_end(command, deadline_s=10.0)
    except DeploymentError:
        return False
    return True


def copy_scripts(folder: Path, account: Account | None) -> None:
    """Put the scripts where the site's account can read them, and not write."""
    for name in PARTS:
        text = SCRIPT.with_name(name).read_text(encoding="utf-8")
        target = folder / name
        target.write_text(text, encoding="utf-8")
        target.chmod(0o644 if account else 0o600)


def demand_reachable(python: Path, account: Account | None) -> None:
    """Return when the site's Python can be started by the account that runs it.

    Raises:
        DeploymentError: A folder on the way to it is closed.
    """
    closed = unreachable_parent(python, account)
    if closed is not None and account is not None:
        raise DeploymentError(
            f"{python}: {account.name}, who runs the site where root runs the kit, may not enter {closed}; "
            f"{remedy_of_closed(closed, 'the environment')}, or run badgateway as an ordinary user"
        )
