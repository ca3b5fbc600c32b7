"""The connection to MariaDB or MySQL, through the driver that DB_DRIVER names, from a pool if DB_POOL_SIZE is given."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from school_site import environment

DRIVERS = ("pymysql", "mysqlclient")
POOL_TIMEOUT_S = 2
"""How long a request waits for a connection of the pool; the proxy's patience must be longer, or nobody hears of it."""
POOL_RECYCLE_S = 600
"""Older connections are made anew; must be below the database's wait_timeout (8 hours unless somebody shortened it)."""


def connection_settings() -> dict[str, Any]:
    """Return Django's settings of the one database, with the chosen driver in place.

    Raises:
        ImproperlyConfigured: A DB_* variable has a value that is not allowed, or PyMySQL is asked for and missing.
    """
    driver = environment.choice("DB_DRIVER", "pymysql", DRIVERS)
    return {
        **_engine(environment.whole_number("DB_POOL_SIZE", 0, 0, 1000)),
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


def _engine(pool_size: int) -> dict[str, Any]:
    """Return Django's own engine, or with a size the one that lends each request a connection of its process's pool.

    The pool needs CONN_MAX_AGE = 0: a connection that Django keeps is one that the pool never gets back.
    """
    if not pool_size:
        return {"ENGINE": "django.db.backends.mysql"}
    return {
        "ENGINE": "dj_db_conn_pool.backends.mysql",
        "POOL_OPTIONS": {
            "POOL_SIZE": pool_size,
            # Not one more than the size: it is what keeps all processes together below max_connections.
            "MAX_OVERFLOW": 0,
            "TIMEOUT": POOL_TIMEOUT_S,
            "RECYCLE": POOL_RECYCLE_S,
            # A round trip each time one is lent, against an error for whoever gets one that the database has closed.
            "PRE_PING": True,
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
    # ssl.SSLContext as "ssl" instead. DB_TLS=1 is PyMySQL's own default, to see what it costs.
    return {} if environment.choice("DB_TLS", "0", ("0", "1")) == "1" else {"ssl_disabled": True}
