"""What fills a site's private database and makes its static files: the commands that its framework has for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway.draft.inspected import Inspected
from badgateway.draft.repository import Repository

_ADDRESS = re.compile(r"^[ \t]*sqlalchemy\.url[ \t]*[=:][ \t]*(\S.*)$", re.MULTILINE)
_UNFILLED = "driver://"
"""As Alembic's own template has it."""
_FILLS = ("seed", "load", "demo", "sample", "fixture", "populate", "init", "import", "create")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of the site's."""

    argv: tuple[str, ...]
    is_known: bool = True
    """Whether it is run; off where only its name says what it may do."""


def prepare_steps(site: Inspected, repository: Repository, paths: Sequence[str] = ()) -> tuple[Step, ...]:
    """Return the commands that prepare a site, and those that may fill it.

    Args:
        site: As it was found.
        repository: Has its files.
        paths: Folders in which its modules are, besides where it is started.
    """
    if site.kind == "django":
        return _of_django(site, repository)
    return (*_of_alembic(site, repository), *_of_flask(site, repository, paths))


def _of_alembic(site: Inspected, repository: Repository) -> tuple[Step, ...]:
    """Return the migrations of a site on SQLAlchemy, which Flask's own command finds in a folder of its own.

    They are not run where their file names a database: nobody knows whether a variable of the site's leads from it.
    """
    file = repository.directory / "alembic.ini"
    if "alembic" not in site.packages or not (repository.root / file).is_file():
        return ()
    named = [found[1] for found in _ADDRESS.finditer(repository.text(file)) if not found[1].startswith(_UNFILLED)]
    return (Step(argv=("python", "-m", "alembic", "upgrade", "head"), is_known=not named),)


def _of_django(site: Inspected, repository: Repository) -> tuple[Step, ...]:
    name = repository.manage_inside
    if not name:
        return ()
    known = [Step(argv=("python", name, "migrate", "--noinput"))] if site.databases else []
    if site.static_root:
        known.append(Step(argv=("python", name, "collectstatic", "--noinput")))
    others = (Step(argv=("python", name, one), is_known=False) for one in site.commands if one.startswith(_FILLS))
    return (*known, *others)


def _of_flask(site: Inspected, repository: Repository, paths: Sequence[str]) -> tuple[Step, ...]:
    if site.kind != "flask":
        return ()
    flask = ("python", "-m", "flask", "--app", _app(site.target, repository, paths))
    has_migrations = (repository.root / repository.directory / PurePosixPath("migrations/env.py")).is_file()
    known = [Step(argv=(*flask, "db", "upgrade"))] if has_migrations and "flask-migrate" in site.packages else []
    # Without migrations something else makes the tables: the site's one command that says so.
    makers = [one for one in site.commands if one.startswith(("init", "create")) and not has_migrations]
    first = [Step(argv=(*flask, one)) for one in makers[:1]]
    others = [one for one in site.commands if one.startswith(_FILLS) and one not in makers[:1]]
    return (*known, *first, *(Step(argv=(*flask, one), is_known=False) for one in others))


def _app(target: str, repository: Repository, paths: Sequence[str]) -> str:
    """Return what a server loads as Flask's own program takes it: by its path where its module is elsewhere."""
    module, colon, made = target.partition(":")
    file = PurePosixPath(*module.split("."))
    folder = repository.root / repository.directory
    places = (PurePosixPath(path, file) for path in paths)
    found = next((place for place in places if (folder / place).is_dir() or (folder / f"{place}.py").is_file()), None)
    return f"{found}{colon}{made}" if found else target
