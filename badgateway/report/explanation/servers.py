"""Which application servers an explanation is about, so that nobody is told to change a server they do not have."""

from collections.abc import Iterable

from badgateway.model.explanation import FileRead
from badgateway.servers.registry import servers


def in_use(files: Iterable[FileRead]) -> frozenset[str]:
    """Return the names of the servers whose logs are among the files; of all when the files do not tell."""
    kinds = {file.kind for file in files} - {None}
    return frozenset(server.name for server in servers() if server.log in kinds) or frozenset(
        server.name for server in servers()
    )
