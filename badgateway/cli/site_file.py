"""The argument that names an experiment file, which a site's own folder does without."""

from pathlib import Path

import click

from badgateway.cli.entry import PATH
from badgateway.plan.experiment_file import OF_A_SITE


def of_this_folder(argument: str) -> Path:
    """Return the experiment file of the site in whose folder the command was started.

    Raises:
        click.UsageError: There is none, so the argument is missing.
    """
    own = Path(OF_A_SITE)
    if not own.is_file():
        raise click.UsageError(f"Missing argument '{argument}': this folder has no {OF_A_SITE} either.")
    return own


def _or_of_this_folder(_context: click.Context, _argument: click.Parameter, path: Path | None) -> Path:
    return path or of_this_folder("EXPERIMENT")


EXPERIMENT = click.argument("experiment", type=PATH, required=False, callback=_or_of_this_folder)
"""An experiment file; without one, that of the site whose folder this is."""


def _with_a_file(context: click.Context, _argument: click.Parameter, words: tuple[str, ...]) -> tuple[Path, str]:
    if not words:
        raise click.UsageError("Missing argument 'CONFIGURATION'.", context)
    *file, configuration = words
    if len(file) > 1:
        raise click.UsageError(f"Got unexpected extra argument ({configuration})", context)
    if not file and configuration.endswith(".toml"):
        raise click.UsageError(f"Missing argument 'CONFIGURATION': name one of those in {configuration}.", context)
    return (Path(file[0]) if file else of_this_folder("EXPERIMENT")), configuration


EXPERIMENT_AND_CONFIGURATION = click.argument(
    "named", metavar="[EXPERIMENT] CONFIGURATION", nargs=-1, callback=_with_a_file
)
"""An experiment file, or none as above, and the name of one of its configurations."""
