"""All files of a deployment, by their paths in the folder that they are written to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway.emit.django_settings import django_file
from badgateway.emit.proxy import balancer_note, proxy_file
from badgateway.emit.server_file import logging_file, server_file
from badgateway.emit.subject import Subject
from badgateway.emit.system_files import kernel_file, unit_file, variables_file
from badgateway.emit.why import why_file

WHY = PurePosixPath("WHY.md")
PROOF = PurePosixPath("PROOF.md")


def server_path(subject: Subject) -> PurePosixPath:
    """Return where the server's file is."""
    return PurePosixPath("server") / subject.place.file_name


def variables_path(_subject: Subject) -> PurePosixPath:
    """Return where the site's variables are."""
    return PurePosixPath("server/site.env")


def proxy_path(subject: Subject) -> PurePosixPath:
    """Return where nginx's site is."""
    return PurePosixPath("nginx") / f"{subject.place.name}.conf"


def unit_path(subject: Subject) -> PurePosixPath:
    """Return where the unit of systemd is."""
    return PurePosixPath("system") / f"{subject.place.name}.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file."""

    path: PurePosixPath
    text: str
    goes: str
    """Where it goes, in words."""


def files_of(subject: Subject) -> tuple[File, ...]:
    """Return the files, WHY.md at the end.

    Raises:
        ConfigurationError: The server's file takes something that cannot be filled in.
    """
    others = tuple(_others(subject))
    why = why_file(subject, ((file.path, file.goes) for file in others))
    return (*others, File(path=WHY, text=why, goes=""))


def _others(subject: Subject) -> Iterator[File]:
    place = subject.place
    yield _file(server_path(subject), server_file(subject), str(place.server_file))
    if logging := logging_file(subject):
        yield _file("server/logging.json", logging + "\n", str(place.logging))
    yield _file(variables_path(subject), variables_file(subject), f"{place.settings}/site.env")
    yield _file(proxy_path(subject), proxy_file(subject), f"/etc/nginx/conf.d/{place.name}.conf")
    yield _file("system/sysctl.conf", kernel_file(subject), f"/etc/sysctl.d/60-{place.name}.conf")
    yield _file(unit_path(subject), unit_file(subject), f"/etc/systemd/system/{place.name}.service")
    if settings := django_file(subject):
        yield _file("django/database.py", settings, "into the site's settings, by hand")
    yield _file("load-balancer.md", balancer_note(subject), "to whoever sets up the load balancer")


def _file(path: PurePosixPath | str, text: str, goes: str) -> File:
    return File(path=PurePosixPath(path), text=text, goes=goes)
