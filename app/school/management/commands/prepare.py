"""manage.py prepare: the tables and their data, loaded once and reused."""

from typing import Any

from django.conf import settings
from django.core.management import call_command

from school.dataset.load import is_loaded, load
from school.dataset.restore import NotAsLoadedError, restore
from school.management.database_command import DatabaseCommand


class Command(DatabaseCommand):
    """Migrates and loads; data which already is what APP_MEMBERS asks for is kept."""

    help = "Create the tables and load APP_MEMBERS members with their scores, unless they already are there."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Prepare the database, and say whether its data was loaded or reused."""
        call_command("migrate", interactive=False, verbosity=0)
        if self._reuse():
            self.stdout.write(f"reused: {settings.MEMBERS} members were already loaded")
        else:
            self.stdout.write(f"loaded: {load(settings.MEMBERS)}")

    def _reuse(self) -> bool:
        """Bring the data back to what was loaded; return whether that is what is asked for."""
        if not is_loaded(settings.MEMBERS):
            return False
        try:
            restore()
        except NotAsLoadedError as error:
            self.stderr.write(f"loading anew, because {error}")
            return False
        return True
