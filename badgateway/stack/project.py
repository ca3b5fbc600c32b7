"""The snapshot of the user's files that an experiment runs from."""

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Self

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.errors import BadgatewayError, ConfigurationError, DeploymentError
from badgateway.model.application import Application
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.interpreter import Interpreter
from badgateway.plan.kit_files import JOURNAL, copy_of, located, located_or_kits
from badgateway.plan.programs import search_path
from badgateway.plan.project_files import fault_of_entry
from badgateway.plan.site_modules import developed
from badgateway.plan.templates import NGINX
from badgateway.process.account import Account, hand_over_all
from badgateway.process.interpreter import kits_own
from badgateway.stack.copied_files import copied_files
from badgateway.stack.own_command import is_made, made_text, server_file
from badgateway.stack.own_python import lend_servers

JOURNAL_COPY = PurePosixPath(".badgateway/badgateway_journal.py")
"""A module name and a folder of its own: the folder is searched for modules, and a site may have a `journal` itself."""
LENT = PurePosixPath(".badgateway-kit/packages")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A copy of the application and the server files, which cannot change under a running experiment.

    The copies belong to the account of the servers, which may not be able to reach the originals, and may change them:
    the kit itself reads nothing there.
    """

    root: Path
    """Stands for the project's own folder: the paths of an experiment lead from here to the copies."""
    nginx_template: str
    """The text of servers/nginx.conf, as it was before the servers could touch it."""
    database_template: str
    """The text of the configuration file of the database's server; empty where it has none."""
    server_texts: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The texts of the server files."""
    interpreter: Interpreter = field(default_factory=kits_own)
    """What runs the site; it is used where it is."""
    developed: tuple[Path, ...] = ()
    """Copies of the folders from which its environment would import the project's own packages, see `developed`."""

    @classmethod
    def of(cls, root: Path, database: PurePosixPath | None, server_files: Iterable[PurePosixPath] = ()) -> Self:
        """Return the snapshot whose files are in root already, and not yet the account's.

        `database` is the configuration file of the database's server; None where it has none.
        """
        nginx, configuration = _text(root / NGINX), _text(root / database) if database else ""
        texts = {file: _text(root / copy_of(file)) for file in server_files}
        return cls(root=root, nginx_template=nginx, database_template=configuration, server_texts=texts)

    def server_text(self, file: PurePosixPath) -> str:
        """Return the text of a server file; empty of one that is no file of the experiment."""
        return self.server_texts.get(file, "")

    def path(self, relative: PurePosixPath) -> Path:
        """Return where the copy of one of the project's files or folders is, or of one of the kit's server files."""
        return self.root / copy_of(relative)

    @property
    def python(self) -> Path:
        """The interpreter that has the application's packages."""
        return self.interpreter.program

    @property
    def search_path(self) -> str:
        """Where the application's programs are looked for: those of its own environment first."""
        return search_path(None if self.interpreter is kits_own() else self.python)

    @property
    def lent(self) -> Path | None:
        """The folder of what the kit lends to the site's environment, if anything."""
        folder = self.path(LENT)
        return folder if folder.is_dir() else None

    @property
    def modules(self) -> dict[str, str]:
        """The variable that has the site's own packages imported from their copies; nothing where there are none."""
        return {"PYTHONPATH": os.pathsep.join(map(str, self.developed))} if self.developed else {}

    @property
    def journal(self) -> Path:
        """The journal's module; nothing else is in its folder."""
        return self.path(JOURNAL_COPY)


def take_snapshot(
    experiment: Experiment, root: Path, folder: Path, account: Account | None, interpreter: Interpreter | None = None
) -> Snapshot:
    """Copy what the experiment's servers need from the project at root into folder, which is made.

    Where the interpreter is a site's own, the servers that its environment lacks are copied from the kit's.

    Raises:
        ConfigurationError: a file or folder is missing or cannot be read.
        DeploymentError: there is no space for the copy.
    """
    system = database_of(experiment)
    template = system.template if isinstance(system, DatabaseSystem) else None
    try:
        _copy_application(root, folder, experiment.application)
        server_files = {server_file(configuration) for configuration in experiment.configurations}
        made = [one for one in experiment.configurations if is_made(one)]
        for file in (NGINX, *([template] if template else [])):
            _copy_file(located_or_kits(root, file), folder / file)
        for one in made:
            _write_made(one, experiment, folder)
        for file in server_files - {server_file(one) for one in made}:
            _copy_file(located(root, file), folder / copy_of(file))
        _copy_file(located_or_kits(root, JOURNAL), folder / JOURNAL_COPY)
        # Read before the account has them: what it owns it can replace, with a link to a file only root may read.
        snapshot = replace(Snapshot.of(folder, template, server_files), interpreter=interpreter or kits_own())
        if interpreter:
            lend_servers(experiment, interpreter, folder / LENT)
            copies = (folder / place for place in developed(interpreter.prefix, root))
            snapshot = replace(snapshot, developed=tuple(place for place in copies if place.is_dir()))
    except (OSError, UnicodeDecodeError) as error:
        raise _uncopied(error, f"experiment {experiment.name}: cannot copy {root} to run it") from error
    hand_over_all(folder, account)
    return snapshot


def _write_made(one: Configuration, experiment: Experiment, folder: Path) -> None:
    file = folder / server_file(one)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(made_text(one, experiment, folder / experiment.application.directory), encoding="utf-8")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")


def _uncopied(error: OSError | UnicodeDecodeError, what: str) -> BadgatewayError:
    told = str(error)
    # The user's files are whole; the machine has no room for them.
    if any(f"[Errno {number}]" in told for number in _NO_SPACE):
        return DeploymentError(f"{what}: no space left; make room, or stop what fills the disk")
    return ConfigurationError(f"{what}: {told}")


def _copy_application(root: Path, folder: Path, application: Application) -> None:
    source, target = root / application.directory, folder / application.directory
    target.mkdir(parents=True)
    for file in copied_files(source, application.copied, within=root):
        fault = fault_of_entry(root, source / file)
        if fault:
            raise ConfigurationError(f"application.directory: {fault}, or let git ignore it")
        _copy_file(source / file, target / file)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
