"""Whether what runs is what its configuration declares; a trial where it is not would be told of something else."""

from badgateway.errors import DeclaredOtherwiseError
from badgateway.ledger.observed import declared_otherwise, observed_settings
from badgateway.model.configuration import Configuration
from badgateway.process.cores import cores_of
from badgateway.stack.deployment import SERVER, Deployment
from badgateway.study.bench import Bench


def require_as_declared(configuration: Configuration, deployment: Deployment, bench: Bench) -> None:
    """Hold what the servers tell, and the CPUs that they may use, against the declaration, before there is load.

    Raises:
        DeclaredOtherwiseError: Something is otherwise; with both values.
    """
    # The health check has been answered, so at least one worker has told what it runs with.
    observed = observed_settings(deployment.read_journal())
    faults = (
        *declared_otherwise(configuration, observed, bench.database.system),
        *_cores(configuration, deployment),
    )
    if faults:
        raise DeclaredOtherwiseError(
            f"{configuration.name}: {'; '.join(faults)}; have {configuration.served_by} say the same"
        )


def _cores(configuration: Configuration, deployment: Deployment) -> tuple[str, ...]:
    if not configuration.cores:
        return ()
    found = cores_of(deployment.roots[SERVER])
    told = f"its processes may run on {found} CPUs, and cores is {configuration.cores} in the experiment"
    return () if found == configuration.cores else (told,)


def require_all_asked(configuration: Configuration, deployment: Deployment) -> None:
    """Return when nginx has handed requests to each of several servers, after the load.

    Raises:
        DeclaredOtherwiseError: It has not, so that fewer servers were measured than the experiment has.
    """
    if configuration.instances == 1:
        return
    log = deployment.read_access_log()
    asked = sum(f'"upstream_addr":"{one}"'.encode() in log for one in deployment.upstreams)
    if asked < configuration.instances:
        raise DeclaredOtherwiseError(
            f"{configuration.name}: nginx handed requests to {asked} servers, and instances is "
            f"{configuration.instances} in the experiment; let servers/nginx.conf have all of @{{upstream}}"
        )
