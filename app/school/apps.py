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
        _settle_the_admin()


def _settle_the_admin() -> None:
    # django-tasks imports the admin, which is not installed here; its lazy site raises when somebody as much as looks
    # at it, and gevent's patch looks at every object that there is.
    from django.contrib.admin import AdminSite, site  # noqa: PLC0415 - it imports models, too

    # What the lazy object would do by itself, if the admin were installed.
    vars(site)["_wrapped"] = AdminSite()
