"""The ASGI entrance that servers with an event loop load: school_site.asgi:application."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "school_site.settings")

application = get_asgi_application()
