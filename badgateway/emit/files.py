"""All files of a deployment, by their paths in the folder that they are written to."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from badgateway.emit.containers import (
    compose_file,
    ignored_file,
    image_file,
    kubernetes_file,
    main_proxy_file,
)
from badgateway.emit.django_settings import django_file
from badgateway.emit.packages import requirements_file
from badgateway.emit.platform import platform_files
from badgateway.emit.proxy import balancer_note, proxy_file
from badgateway.emit.server_file import logging_file, server_file
from badgateway.emit.subject import Subject
from badgateway.emit.system_files import kernel_file, unit_file, variables_file
from badgateway.emit.why import why_file

WHY = PurePosixPath("WHY.md")
PROOF = PurePosixPath("PROOF.md")
USUAL_FOLDER = PurePosixPath("deploy")
"""Where the files are thought to be in the site's repository, if they are written elsewhere."""


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


class Target(StrEnum):
    """What a deployment is for."""

    SYSTEMD = "systemd"
    DOCKER = "docker"
    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    PROCFILE = "procfile"


IN_CONTAINERS = frozenset({Target.DOCKER, Target.COMPOSE, Target.KUBERNETES})
"""They need an image, and an nginx that has a file of its own."""


def files_of(
    subject: Subject, targets: Collection[Target] = (Target.SYSTEMD,), folder: PurePosixPath = USUAL_FOLDER
) -> tuple[File, ...]:
    """Return the files, WHY.md at the end.

    Args:
        subject: What is deployed.
        targets: For what.
        folder: Where the files will be in the site's repository.

    Raises:
        ConfigurationError: The server's file takes something that cannot be filled in.
    """
    others = (
        *_shared(subject),
        *(file for target in Target if target in targets for file in _of(target, subject, folder)),
    )
    # An image is part of several targets.
    once = tuple({file.path: file for file in others}.values())
    why = why_file(subject, ((file.path, file.goes) for file in once))
    return (*once, File(path=WHY, text=why, goes=""))


def _shared(subject: Subject) -> Iterator[File]:
    place = subject.place
    yield _file(server_path(subject), server_file(subject), str(place.server_file))
    if logging := logging_file(subject):
        yield _file("server/logging.json", logging + "\n", str(place.logging))
    yield _file(variables_path(subject), variables_file(subject), f"{place.settings}/site.env")
    pip = place.program("pip")
    yield _file(
        "server/requirements.txt", requirements_file(subject), f"{pip} install -r, with the site's own packages"
    )
    yield _file(proxy_path(subject), proxy_file(subject), f"/etc/nginx/conf.d/{place.name}.conf")
    yield _file("system/sysctl.conf", kernel_file(subject), f"/etc/sysctl.d/60-{place.name}.conf")
    if settings := django_file(subject):
        yield _file("django/database.py", settings, "into the site's settings, by hand")
    yield _file("load-balancer.md", balancer_note(subject), "to whoever sets up the load balancer")


def _of(target: Target, subject: Subject, folder: PurePosixPath) -> Iterator[File]:
    if target in IN_CONTAINERS:
        yield _file("docker/Dockerfile", image_file(subject, folder), "docker build -f, in the repository's root")
        yield _file("docker/Dockerfile.dockerignore", ignored_file(), "beside the Dockerfile: docker finds it")
        yield _file("nginx/nginx.conf", main_proxy_file(subject), "/etc/nginx/nginx.conf of nginx's container")
    match target:
        case Target.SYSTEMD:
            goes = f"/etc/systemd/system/{subject.place.name}.service"
            yield _file(unit_path(subject), unit_file(subject), goes)
        case Target.COMPOSE:
            yield _file("docker/compose.yaml", compose_file(subject, folder), "docker compose -f")
        case Target.KUBERNETES:
            yield _file("kubernetes/deployment.yaml", kubernetes_file(subject), "kubectl apply -f")
        case Target.PROCFILE:
            yield from _of_platform(subject, folder)


def _of_platform(subject: Subject, folder: PurePosixPath) -> Iterator[File]:
    files = platform_files(subject, folder)
    yield _file("procfile/Procfile", files.procfile, "Procfile in the repository's root")
    yield _file(f"procfile/{subject.place.file_name}", files.server, "where the Procfile looks for it")
    if files.logging:
        yield _file("procfile/logging.json", files.logging + "\n", "beside the server's file")


def _file(path: PurePosixPath | str, text: str, goes: str) -> File:
    return File(path=PurePosixPath(path), text=text, goes=goes)
