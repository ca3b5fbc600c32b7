"""Django's settings; what differs between deployments comes from environment variables."""

import os
from pathlib import Path
from typing import Any

from django.core.management.utils import get_random_secret_key

from school_site import database, environment

DEBUG = False
# Nothing is signed that has to outlive a process, so each process may have its own key.
SECRET_KEY = os.environ.get("APP_SECRET_KEY") or get_random_secret_key()
ALLOWED_HOSTS = environment.words("APP_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = ["school", "django_tasks", "django_tasks_db"]
# CommonMiddleware gives every response its Content-Length, without which a body cut short looks whole.
# There are no cookies and no logins, so there is nothing for sessions or CSRF protection to do.
# What can be had besides, to see what it makes of an export.
MIDDLEWARE = [*environment.middleware("APP_MIDDLEWARE"), "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "school_site.urls"
WSGI_APPLICATION = "school_site.wsgi.application"

DATABASES = {"default": database.connection_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# With DEBUG off Django prints nothing by default: a 500 would leave no trace of its cause.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_identity": {"()": "school_site.logs.RequestIdentity"}},
    "formatters": {
        "line": {
            "format": "[%(asctime)s +0000] [%(process)d] [%(levelname)s] %(name)s request=%(request_id)s %(message)s",
            "datefmt": "%Y-%m-%d %H:%M:%S",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_identity"]},
    },
    "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# The application's own.
MEMBERS = environment.whole_number("APP_MEMBERS", 4300, 1, 1_000_000)
EXPORT_STRATEGY = os.environ.get("APP_EXPORT_STRATEGY", "annotated")
# Whether the proxy may hold back what a client does not take yet; off, a slow client is the server's to wait for.
EXPORT_BUFFERED = environment.choice("APP_EXPORT_BUFFERED", "1", ("0", "1")) == "1"
# Where tasks put finished exports; nginx reads them there.
EXPORT_FOLDER = Path(os.environ.get("APP_EXPORT_FOLDER", "~/exports")).expanduser()
