"""uWSGI's driver: how to start it with a configuration's server file."""

from badgateway.model import raw
from badgateway.model.configuration import Configuration, FrontDoor
from badgateway.process.child import Command
from badgateway.stack.site import Site


def command(configuration: Configuration, site: Site) -> Command:
    """Return the command; unlike a Python program, uWSGI has to be told which environment's packages to import."""
    return Command(
        name="uwsgi",
        argv=(site.program("uwsgi"), "--ini", str(site.server_file)),
        environment={
            **site.environment(configuration, bind=site.address),
            "WEB_VENV": str(site.python_home),
            "WEB_STATS": str(site.stats_socket),
            "WEB_PROTOCOL": "http" if configuration.front_door is FrontDoor.LOAD_BALANCER else "uwsgi",
        },
        directory=site.application,
        log=site.raw / raw.SERVER_LOG,
        account=site.account,
    )
