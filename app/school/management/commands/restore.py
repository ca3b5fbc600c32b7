"""manage.py restore: take back what was written since the data was loaded."""

from typing import Any

from django.core.management.base import CommandError

from school.dataset.restore import NotAsLoadedError, restore
from school.management.database_command import DatabaseCommand


class Command(DatabaseCommand):
    """Deletes what was added; fails, and changes nothing, when loaded rows are missing or changed."""

    help = "Delete the rows added after loading; fail when the loaded rows are not as they were loaded."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Restore the database, and say how many rows were taken back.

        Raises:
            CommandError: The database does not hold what was loaded.
        """
        try:
            deleted = restore()
        except NotAsLoadedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"restored: {deleted} rows taken back")
