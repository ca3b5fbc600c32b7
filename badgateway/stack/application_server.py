"""Starts whatever application server a configuration is for, as the server's own module says."""

from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.process.child import Command
from badgateway.servers.server import Server
from badgateway.stack.site import Site


def command(server: Server, configuration: Configuration, site: Site) -> Command:
    """Return the command that starts the server in the application's folder."""
    start = server.start(configuration, site)
    return Command(
        name=server.name,
        argv=start.argv,
        environment={**site.environment(configuration, bind=start.bind), **start.environment},
        directory=site.application,
        log=site.raw / raw.SERVER_LOG,
        account=site.account,
    )
