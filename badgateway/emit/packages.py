"""What has to be installed: Python's packages in the versions of the trials, and Debian's for them."""

import re
from collections.abc import Iterator

from badgateway.databases.database_system import DjangoSettings
from badgateway.emit.server_file import made_by
from badgateway.emit.subject import Subject
from badgateway.emit.templates import comment
from badgateway.model.knob import WorkerModel

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def requirements_file(subject: Subject) -> str:
    """Return the packages of the server and the driver, each in its version of the trials where that is known."""
    versions = subject.document.environment.versions
    lines = [comment(made_by(subject)), ""]
    for package in dict.fromkeys(_packages(subject)):
        found = _NAME.match(package)
        version = versions.get(found[0].lower()) if found else None
        lines.append(f"{package}=={version}" if version else f"{package}  # no version of it was recorded")
    return "\n".join(lines) + "\n"


def build_packages(subject: Subject) -> tuple[str, ...]:
    """Return Debian's packages that have to be there when Python's are installed."""
    settings = _settings(subject)
    found = (*subject.deployable.build_packages, *(settings.build_packages if settings else ()))
    return tuple(sorted(set(found)))


def runtime_packages(subject: Subject) -> tuple[str, ...]:
    """Return Debian's packages that have to be there when the site runs."""
    settings = _settings(subject)
    return settings.runtime_packages if settings else ()


def python_image(subject: Subject) -> str:
    """Return the image with the Python of the trials: 'python:3.11-slim'."""
    found = re.search(r"(\d+\.\d+)", subject.document.environment.python)
    return f"python:{found[1] if found else '3'}-slim"


def _packages(subject: Subject) -> Iterator[str]:
    own, *others = subject.server.distributions
    yield own
    if subject.model in {WorkerModel.GREENLETS, WorkerModel.EVENT_LOOP}:
        yield from (name for name in others if name in subject.document.environment.versions)
    settings, pool = _settings(subject), subject.configuration.pool
    if settings is None:
        return
    yield from settings.packages
    if pool and settings.pool:
        yield from settings.pool(pool).packages


def _settings(subject: Subject) -> DjangoSettings | None:
    return subject.driver.django if subject.driver else None
