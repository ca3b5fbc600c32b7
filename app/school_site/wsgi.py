"""The WSGI entrance that every application server loads: school_site.wsgi:application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "school_site.settings")

application = get_wsgi_application()
