"""The WSGI entrance that every application server loads: school_site.wsgi:application."""

import os
import time

from django.core.wsgi import get_wsgi_application

from school_site import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "school_site.settings")
# How much longer the import of a larger site takes, in seconds.
time.sleep(environment.whole_number("APP_IMPORT_S", 0, 0, 60))

application = get_wsgi_application()
