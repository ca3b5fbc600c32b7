"""What fills a site's private database and makes its static files: the commands that its framework has for it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway.draft.inspected import Inspected
from badgateway.draft.repository import Repository

_FILLS = ("seed", "load", "demo", "sample", "fixture", "populate", "init", "import", "create")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of the site's."""

    argv: tuple[str, ...]
    is_known: bool = True
    """Whether it is run; off where only its name says what it may do."""


def prepare_steps(site: Inspected, repository: Repository) -> tuple[Step, ...]:
    """Return the commands that prepare a site, and those that may fill it."""
    return _of_django(site, repository) if site.kind == "django" else _of_flask(site, repository)


def _of_django(site: Inspected, repository: Repository) -> tuple[Step, ...]:
    manage = repository.manage
    if manage is None:
        return ()
    name = manage.name
    known = [Step(argv=("python", name, "migrate", "--noinput"))] if site.databases else []
    if site.static_root:
        known.append(Step(argv=("python", name, "collectstatic", "--noinput")))
    others = (Step(argv=("python", name, one), is_known=False) for one in site.commands if one.startswith(_FILLS))
    return (*known, *others)


def _of_flask(site: Inspected, repository: Repository) -> tuple[Step, ...]:
    if site.kind != "flask":
        return ()
    flask = ("python", "-m", "flask", "--app", site.target)
    has_migrations = (repository.root / repository.directory / PurePosixPath("migrations/env.py")).is_file()
    known = [Step(argv=(*flask, "db", "upgrade"))] if has_migrations and "flask-migrate" in site.packages else []
    # Without migrations something else makes the tables: the site's one command that says so.
    makers = [one for one in site.commands if one.startswith(("init", "create")) and not has_migrations]
    first = [Step(argv=(*flask, one)) for one in makers[:1]]
    others = [one for one in site.commands if one.startswith(_FILLS) and one not in makers[:1]]
    return (*known, *first, *(Step(argv=(*flask, one), is_known=False) for one in others))
