"""The connection to the database, through the driver that DB_DRIVER names, from a pool if DB_POOL_SIZE is given."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from school_site import environment

POOL_TIMEOUT_S = 2
"""How long a request waits for a connection of the pool; the proxy's patience must be longer, or nobody hears of it."""
POOL_RECYCLE_S = 600
"""Older connections are made anew; must be below the database's wait_timeout (8 hours unless somebody shortened it)."""


def connection_settings() -> dict[str, Any]:
    """Return Django's settings of the one database, with the chosen driver in place.

    Raises:
        ImproperlyConfigured: A DB_* variable has a value that is not allowed, or the driver is not installed.
    """
    driver = environment.choice("DB_DRIVER", "pymysql", tuple(DRIVERS))
    try:
        own = DRIVERS[driver](environment.whole_number("DB_POOL_SIZE", 0, 0, 1000))
    except ImportError as error:
        missing = error.name
        raise ImproperlyConfigured(
            f"DB_DRIVER={driver!r} but {missing} is not installed; pip install {missing}"
        ) from error
    return {
        "HOST": _host(),
        "PORT": environment.whole_number("DB_PORT", own.pop("DEFAULT_PORT"), 1, 65535),
        "NAME": os.environ.get("DB_NAME", "school"),
        "USER": os.environ.get("DB_USER", "school"),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "CONN_MAX_AGE": environment.whole_number("DB_CONN_MAX_AGE_S", 0, 0, 86_400),
        **own,
    }


def _host() -> str:
    """Return a host name, or the path of a unix socket."""
    host = os.environ.get("DB_HOST", "127.0.0.1")
    # mysqlclient takes "localhost" for its own default socket and PyMySQL for TCP; both must reach the same server.
    return "127.0.0.1" if host == "localhost" else host


def _with_tls() -> bool:
    return environment.choice("DB_TLS", "0", ("0", "1")) == "1"


def _mysqlclient(pool_size: int) -> dict[str, Any]:
    return _mysql(pool_size, {})


def _pymysql(pool_size: int) -> dict[str, Any]:
    """Put PyMySQL where Django looks for MySQLdb, so that mysqlclient is never loaded."""
    import_module("pymysql").install_as_MySQLdb()
    # Since 1.2.0 PyMySQL builds a TLS context for every connect: the CA bundle is parsed anew, 44 ms of CPU against
    # 1 ms, in C, so that gevent's hub stands still meanwhile. The database is on this host; elsewhere pass one shared
    # ssl.SSLContext as "ssl" instead. DB_TLS=1 is PyMySQL's own default, to see what it costs.
    return _mysql(pool_size, {} if _with_tls() else {"ssl_disabled": True})


def _mysql(pool_size: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return Django's own engine, or with a size the one that lends each request a connection of its process's pool.

    The pool needs CONN_MAX_AGE = 0: a connection that Django keeps is one that the pool never gets back.
    """
    shared = {
        "DEFAULT_PORT": 3306,
        "OPTIONS": {"charset": "utf8mb4", "isolation_level": "read committed", **options},
    }
    if not pool_size:
        return {"ENGINE": "django.db.backends.mysql", **shared}
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
        **shared,
    }


def _psycopg(pool_size: int) -> dict[str, Any]:
    """Use psycopg 3. Under gevent it yields while it waits, if gevent had patched `select` before it was imported."""
    pool = {"min_size": pool_size, "max_size": pool_size, "timeout": POOL_TIMEOUT_S}
    return _postgresql({"pool": pool} if pool_size else {}, has_pool=bool(pool_size))


def _psycopg2(pool_size: int) -> dict[str, Any]:
    """Use psycopg2, which Django takes only where psycopg 3 cannot be imported; it waits in C, gevent or not."""
    import_module("psycopg2")
    sys.modules["psycopg"] = None  # type: ignore[assignment] # how an import is forbidden
    if pool_size:
        raise ImproperlyConfigured("DB_POOL_SIZE: Django's pool takes psycopg 3 alone; set it to 0")
    return _postgresql({}, has_pool=False)


def _psycogreen(pool_size: int) -> dict[str, Any]:
    """Use psycopg2 with a wait that gevent knows of; before the first connection is made."""
    import_module("psycogreen.gevent").patch_psycopg()
    return _psycopg2(pool_size)


def _postgresql(options: dict[str, Any], *, has_pool: bool) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "DEFAULT_PORT": 5432,
        # A round trip each time the pool lends one, against an error for whoever gets one that the database has closed.
        "CONN_HEALTH_CHECKS": has_pool,
        "OPTIONS": {"sslmode": "prefer" if _with_tls() else "disable", **options},
    }


DRIVERS: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "pymysql": _pymysql,
    "mysqlclient": _mysqlclient,
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "psycopg2-psycogreen": _psycogreen,
}
"""Each puts its driver in place and returns what it adds to Django's settings, given the pool's size (0: no pool)."""
