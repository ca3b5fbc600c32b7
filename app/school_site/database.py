"""The connection to MariaDB or MySQL, through the driver that DB_DRIVER names."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from school_site import environment

DRIVERS = ("pymysql", "mysqlclient")


def connection_settings() -> dict[str, Any]:
    """Return Django's settings of the one database, with the chosen driver in place.

    Raises:
        ImproperlyConfigured: A DB_* variable has a value that is not allowed, or PyMySQL is asked for and missing.
    """
    driver = environment.choice("DB_DRIVER", "pymysql", DRIVERS)
    return {
        "ENGINE": "django.db.backends.mysql",
        "HOST": _host(),
        "PORT": environment.whole_number("DB_PORT", 3306, 1, 65535),
        "NAME": os.environ.get("DB_NAME", "school"),
        "USER": os.environ.get("DB_USER", "school"),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "CONN_MAX_AGE": environment.whole_number("DB_CONN_MAX_AGE_S", 0, 0, 86_400),
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            **(_pymysql_options() if driver == "pymysql" else {}),
        },
    }


def _host() -> str:
    """Return a host name, or the path of a unix socket."""
    host = os.environ.get("DB_HOST", "127.0.0.1")
    # mysqlclient takes "localhost" for its own default socket and PyMySQL for TCP; both must reach the same server.
    return "127.0.0.1" if host == "localhost" else host


def _pymysql_options() -> dict[str, Any]:
    """Put PyMySQL where Django looks for MySQLdb, so that mysqlclient is never loaded; return PyMySQL's own options."""
    try:
        import pymysql  # noqa: PLC0415 - a process has one driver, and need not have the other installed
    except ImportError as error:
        raise ImproperlyConfigured("DB_DRIVER='pymysql' but PyMySQL is not installed; pip install pymysql") from error
    pymysql.install_as_MySQLdb()
    # Since 1.2.0 PyMySQL builds a TLS context for every connect: the CA bundle is parsed anew, 44 ms of CPU against
    # 1 ms, in C, so that gevent's hub stands still meanwhile. The database is on this host; elsewhere pass one shared
    # ssl.SSLContext as "ssl" instead.
    return {"ssl_disabled": True}
