"""Keeps a database that is a file, and puts it back: by programs that run as the account whose file it is."""

from badgateway.databases.database_kind import DatabaseFile
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.stack.database import RunningDatabase
from badgateway.stack.site import base_environment

KEPT = ".kept"
DEADLINE_S = 120.0
_KEEP = 'for one in "$@"; do if [ -e "$one" ]; then cp -p -- "$one" "$one$KEPT" || exit; fi; done'
# A file that was not there when the others were kept is none of theirs.
_PUT_BACK = (
    'for one in "$@"; do rm -f -- "$one"; if [ -e "$one$KEPT" ]; then cp -p -- "$one$KEPT" "$one" || exit; fi; done'
)


def keep_file(database: RunningDatabase, file: DatabaseFile) -> None:
    """Copy the file, and what belongs to it, beside it; nobody has it open.

    Raises:
        DeploymentError: There is no room for the copy.
    """
    _run(_KEEP, "keep", database, file)


def put_file_back(database: RunningDatabase, file: DatabaseFile) -> None:
    """Put the copy in its place; nobody has it open.

    Raises:
        DeploymentError: There is no room for it.
    """
    _run(_PUT_BACK, "put back", database, file)


def _run(script: str, what: str, database: RunningDatabase, file: DatabaseFile) -> None:
    names = (database.name, *(f"{database.name}{suffix}" for suffix in file.beside))
    command = Command(
        name=f"{file.label}: {what} the site's data",
        argv=("sh", "-c", script, "sh", *names),
        environment={**base_environment(database.written), "KEPT": KEPT},
        directory=database.folder,
        log=database.folder / f"{file.name}.log",
        account=database.account,
    )
    run_to_end(command, deadline_s=DEADLINE_S)
