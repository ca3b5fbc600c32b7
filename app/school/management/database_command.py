"""A command that needs the database, and says in one line when it is not there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection


class DatabaseCommand(BaseCommand):
    """Turns a database that cannot be used into one line; leaves out the checks that are the servers' business."""

    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        Raises:
            CommandError: The database refused the connection or a statement.
        """
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            place = connection.settings_dict
            raise CommandError(
                f"the database {place['NAME']} at {place['HOST']}, port {place['PORT']}, cannot be used as "
                f"{place['USER']}: {error}; check that it runs, and the variables DB_*",
            ) from error
