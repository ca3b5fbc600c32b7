"""Which sites show what they would connect to before anything of them is run: Django's, by their settings."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from badgateway.model.declared import OF_DATABASE
from badgateway.model.experiment import Experiment
from badgateway.plan.programs import PYTHON

MANAGE = "manage.py"
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_PLACE = "${database."


def is_manage(argv: Sequence[str]) -> bool:
    """Tell whether a command is one of Django's, whose settings can be looked at."""
    return argv[0] == PYTHON and PurePosixPath(argv[1] if argv[1:] else "").name == MANAGE


def needs_network_of_its_own(experiment: Experiment, root: Path) -> bool:
    """Tell whether a site, or one of its commands, may connect to what nobody can tell beforehand; by its files alone.

    What looks as if it showed its settings, and does not, is found when it is loaded.
    """
    application = experiment.application
    if experiment.database.url is not None or experiment.target is not None:
        # Nothing could be reached from there.
        return False
    is_django = (root / application.directory / MANAGE).is_file() or _SETTINGS in application.environment
    commands = [argv for argv in (*application.prepare, application.restore) if argv]
    return not is_django or not all(map(is_manage, commands))


def unconfirmed(experiment: Experiment) -> str:
    """Return what is wrong with the variables that are said to lead to the database; empty when nothing."""
    application = experiment.application
    for name in application.database_variables:
        if name not in OF_DATABASE and _PLACE not in application.environment.get(name, ""):
            return (
                f"application.database_variables: {name} leads to no database of a run; set "
                f'{name} = "${{database.url}}", or .host, .port, .name, .user, .password, in [application.environment]'
            )
    return ""
