"""The snapshot of the user's files that an experiment runs from."""

import errno
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self

from badgateway.databases.registry import database_of
from badgateway.errors import BadgatewayError, ConfigurationError, DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.plan.project_files import JOURNAL, not_copied
from badgateway.plan.templates import NGINX
from badgateway.process.account import Account, hand_over_all

JOURNAL_COPY = PurePosixPath(".badgateway/badgateway_journal.py")
"""A module name and a folder of its own: the folder is searched for modules, and a site may have a `journal` itself."""
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
    """The text of the database's configuration file."""
    server_texts: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The texts of the server files."""

    @classmethod
    def of(cls, root: Path, database: PurePosixPath, server_files: Iterable[PurePosixPath] = ()) -> Self:
        """Return the snapshot whose files are in root already, and not yet the account's.

        `database` is the configuration file of the database.
        """
        nginx, configuration = (_text(root / file) for file in (NGINX, database))
        texts = {file: _text(root / file) for file in server_files}
        return cls(root=root, nginx_template=nginx, database_template=configuration, server_texts=texts)

    def server_text(self, file: PurePosixPath) -> str:
        """Return the text of a server file; empty of one that is no file of the experiment."""
        return self.server_texts.get(file, "")

    def path(self, relative: PurePosixPath) -> Path:
        """Return where the copy of one of the project's files or folders is."""
        return self.root / relative

    @property
    def journal(self) -> Path:
        """The journal's module; nothing else is in its folder."""
        return self.path(JOURNAL_COPY)


def take_snapshot(experiment: Experiment, root: Path, folder: Path, account: Account | None) -> Snapshot:
    """Copy what the experiment's servers need from the project at root into folder, which is made.

    Raises:
        ConfigurationError: a file or folder is missing or cannot be read.
        DeploymentError: there is no space for the copy.
    """
    template = database_of(experiment).template
    try:
        _copy_application(root, folder, experiment.application.directory)
        server_files = {configuration.server for configuration in experiment.configurations}
        for file in {NGINX, template, *server_files}:
            _copy_file(root / file, folder / file)
        _copy_file(root / JOURNAL, folder / JOURNAL_COPY)
        # Read before the account has them: what it owns it can replace, with a link to a file only root may read.
        snapshot = Snapshot.of(folder, template, server_files)
    except (OSError, UnicodeDecodeError) as error:
        raise _uncopied(error, f"experiment {experiment.name}: cannot copy {root} to run it") from error
    hand_over_all(folder, account)
    return snapshot


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")


def _uncopied(error: OSError | UnicodeDecodeError, what: str) -> BadgatewayError:
    if isinstance(error, shutil.Error):
        # What a copy of many files raises has a list as its only word: from where, to where, why.
        (source, _target, why), *_others = error.args[0]
        told = f"{source}: {why}"
    else:
        told = str(error)
    # The user's files are whole; the machine has no room for them.
    if any(f"[Errno {number}]" in told for number in _NO_SPACE):
        return DeploymentError(f"{what}: no space left; make room, or stop what fills the disk")
    return ConfigurationError(f"{what}: {told}")


def _copy_application(root: Path, folder: Path, directory: PurePosixPath) -> None:
    shutil.copytree(root / directory, folder / directory, ignore=_not_copied(root), ignore_dangling_symlinks=True)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _not_copied(root: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(directory: str, names: list[str]) -> set[str]:
        # Where the project's own folder is the application, earlier results lie in it; deeper, it is a name as any.
        results = {"results"} if Path(directory).samefile(root) else set()
        return not_copied(Path(directory), names) | results

    return ignored
