"""The logs of application servers, as the servers' own modules describe them."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from badgateway.servers.log import ServerLog
from badgateway.servers.registry import servers


@cache
def server_logs() -> Mapping[str, ServerLog]:
    """Return the logs of all servers by their kind, those last in whose form others write too."""
    logs = [server.log for server in servers() if server.log is not None]
    return MappingProxyType({log.kind: log for log in sorted(logs, key=lambda log: log.is_common)})


@cache
def server_names() -> Mapping[str, str]:
    """Return the name of the server by the kind of its log."""
    return MappingProxyType({server.log.kind: server.name for server in servers() if server.log is not None})
