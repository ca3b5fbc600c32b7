"""Puts an experiment's data back by itself, between trials, where the experiment names no command for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from badgateway.databases.database_kind import DatabaseFile
from badgateway.databases.database_system import Ask
from badgateway.errors import DeploymentError
from badgateway.stack.database import RunningDatabase
from badgateway.stack.kept_file import keep_file, put_file_back

CONNECT_DEADLINE_S = 5.0
ANSWER_DEADLINE_S = 120.0


def keep_data(database: RunningDatabase) -> None:
    """Keep the data as they are now, for `put_data_back`.

    Raises:
        DeploymentError: The database cannot be asked, or cannot keep what is in it.
    """
    if isinstance(database.system, DatabaseFile):
        keep_file(database, database.system)
    elif database.pid is not None:
        with _asking(database) as ask:
            _kept(database)[0](ask, database.name)


def put_data_back(database: RunningDatabase) -> None:
    """Put the data back as they were when they were kept; nobody else may be asking meanwhile.

    Raises:
        DeploymentError: The database cannot be asked, or the data cannot be put back.
    """
    if isinstance(database.system, DatabaseFile):
        put_file_back(database, database.system)
    elif database.pid is not None:
        with _asking(database) as ask:
            _kept(database)[1](ask, database.name)


def _kept(database: RunningDatabase) -> tuple[Callable[[Ask, str], None], Callable[[Ask, str], None]]:
    kept = database.server.kept
    if kept is None:
        raise DeploymentError(
            f"application.restore is missing: {database.system.label} does not put data back by itself; name a command"
        )
    return kept.keep, kept.put_back


@contextmanager
def _asking(database: RunningDatabase) -> Iterator[Ask]:
    """Give what asks; there is one connection to each database, and the statements of it follow each other."""
    client = database.server.client
    library = import_module(client.module)
    with ExitStack() as stack:
        links: dict[str, Any] = {}

        def ask(statement: str, name: str) -> Sequence[Sequence[Any]]:
            if name not in links:
                arguments = client.arguments(replace(database, name=name), CONNECT_DEADLINE_S, ANSWER_DEADLINE_S)
                links[name] = stack.enter_context(closing(library.connect(**arguments)))
                for attribute, value in client.attributes.items():
                    setattr(links[name], attribute, value)
            cursor = links[name].cursor()
            cursor.execute(statement)
            return tuple(cursor.fetchall()) if cursor.description else ()

        try:
            yield ask
        except (OSError, library.Error) as error:
            where = f"{database.system.label} at {database.host}:{database.port}"
            raise DeploymentError(f"{where}: the site's data: {type(error).__name__}: {error}") from error
