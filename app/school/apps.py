"""The school as a Django application, which refuses to start with an export strategy it does not have."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class SchoolConfig(AppConfig):
    """The school application."""

    name = "school"

    def ready(self) -> None:
        """Check the setting which can only be checked once the models are loaded.

        Raises:
            ImproperlyConfigured: APP_EXPORT_STRATEGY names no strategy.
        """
        from school.exports import STRATEGIES  # noqa: PLC0415 - strategies import models, which load before ready()

        if settings.EXPORT_STRATEGY not in STRATEGIES:
            allowed = ", ".join(STRATEGIES)
            raise ImproperlyConfigured(
                f"APP_EXPORT_STRATEGY={settings.EXPORT_STRATEGY!r} is not allowed; allowed: {allowed}",
            )
