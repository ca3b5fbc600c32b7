"""For a platform that runs a Procfile: a command, and a server's file that listens where it is told to."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway.emit.place import PlatformPlace, on_platform
from badgateway.emit.server_file import made_by
from badgateway.emit.subject import Subject, values_of
from badgateway.emit.templates import wrapped
from badgateway.model.knob import FrontDoor
from badgateway.servers.deployable import FACTORY, Filling


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The files of a platform."""

    procfile: str
    server: str
    logging: str
    """Empty where the server reads none."""


def platform_files(subject: Subject, folder: PurePosixPath) -> Platform:
    """Return the files; `folder` is where they are in the repository."""
    directory, deployable = subject.place.directory, subject.deployable
    up = PurePosixPath("/".join([".."] * len(directory.parts)) or ".")
    place = on_platform(subject.place, port_text=deployable.port, files=up / folder / "procfile")
    command = deployable.on_port.format(file=place.server_file, target=place.target.removesuffix(FACTORY))
    # The platform's router speaks HTTP, and there is no nginx.
    routed = subject.configuration.model_copy(update={"front_door": FrontDoor.LOAD_BALANCER, "proxy_http": "1.1"})
    return Platform(
        procfile=f"web: cd {directory} && {command}\n",
        server=_server_file(subject, place, routed_values(subject, place)),
        logging=subject.server.start(routed, place).logging,
    )


def routed_values(subject: Subject, place: PlatformPlace) -> dict[str, str | None]:
    """Return what the server's file is filled with: HTTP, any address, and the platform's own Python."""
    routed = subject.configuration.model_copy(update={"front_door": FrontDoor.LOAD_BALANCER, "proxy_http": "1.1"})
    values = values_of(subject.server, subject.deployable, routed, place, subject.timeouts)
    return {name: None if value == str(place.python_home) else value for name, value in values.items()}


def _server_file(subject: Subject, place: PlatformPlace, values: dict[str, str | None]) -> str:
    told = (
        f"{made_by(subject)} Here it is behind a platform's router, without nginx: that was not measured, unless the "
        "configuration had a load balancer before it."
    )
    filling = Filling(values=values, header=wrapped(told))
    return subject.deployable.plain(place.server_text, filling).text
