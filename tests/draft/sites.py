"""Sites as the inspection tells of them."""

from badgateway.draft.inspected import FoundDatabase, Inspected, Route

PACKAGES = {"django": "5.2.1", "gunicorn": "27.0.1", "gevent": "26.9.0", "uwsgi": "2.0.31"}


def database(**changed) -> FoundDatabase:
    given = {
        "alias": "default",
        "engine": "django.db.backends.postgresql",
        "host": "db.example.org",
        "port": "5432",
        "name": "shop",
        "user": "shop",
        "has_password": True,
        "driver": "psycopg",
    }
    return FoundDatabase(**{**given, **changed})


def site(**changed) -> Inspected:
    given = {
        "python": "3.11.7",
        "prefix": "/srv/shop/.venv",
        "packages": PACKAGES,
        "kind": "django",
        "target": "shop.wsgi:application",
        "settings_module": "shop.settings",
        "allowed_hosts": ("www.example.org",),
        "databases": (database(),),
        "routes": (Route(pattern="/"), Route(pattern="/items/"), Route(pattern="/items/<int:pk>/")),
    }
    return Inspected(**{**given, **changed})
