"""Gunicorn's driver: how to start it with a configuration's server file."""

from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.process.child import Command
from badgateway.stack.site import Site


def command(configuration: Configuration, site: Site) -> Command:
    """Return the command; Gunicorn's master ends when its first workers cannot import the application.

    Its configuration is the journal, which takes the settings of the server file and adds hooks.
    """
    environment = site.environment(configuration, bind=f"unix:{site.address}" if site.port is None else site.address)
    return Command(
        name="gunicorn",
        argv=(site.program("gunicorn"), "--config", str(site.journal)),
        environment={**environment, "JOURNAL_GUNICORN": str(site.server_file)},
        directory=site.application,
        log=site.raw / raw.SERVER_LOG,
        account=site.account,
    )
