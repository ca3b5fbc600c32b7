"""Starts whatever application server a configuration is for, as the server's own module says."""

from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.process.account import write_for
from badgateway.process.child import Command
from badgateway.servers.server import Server
from badgateway.stack.site import Site


def write_logging(server: Server, configuration: Configuration, site: Site) -> None:
    """Write the configuration of Python's logging, where the server reads one."""
    text = server.start(configuration, site).logging
    if text:
        write_for(site.account, site.logging, text)


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
