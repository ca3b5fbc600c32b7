"""A copy of deployed files that can be started beside whatever the machine runs: other addresses, and nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from badgateway.emit.place import PORT, DeployedPlace

_LISTEN = re.compile(r"^(\s*listen )80( |;)", re.MULTILINE)
_PORT = re.compile(rf"(?<=:){PORT}\b|(?<=_PORT=){PORT}\b")
"""Where it is an address; a setting that happens to be the same number stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePlace:
    """Where the copy runs, for each place of the deployment that is not there yet."""

    application: Path
    python_home: Path
    logging: Path
    server_file: Path
    socket: Path
    port: int | None
    """Of the server; None where that is a unix socket."""
    proxy_port: int


def private(text: str, deployed: DeployedPlace, place: PrivatePlace) -> str:
    """Return a file of the deployment with the places of the copy."""
    for before, after in _places(deployed, place):
        text = text.replace(before, after)
    if place.port is not None:
        text = _PORT.sub(str(place.port), text)
    return _LISTEN.sub(rf"\g<1>127.0.0.1:{place.proxy_port}\g<2>", text)


def private_words(words: Sequence[str], deployed: DeployedPlace, place: PrivatePlace) -> tuple[str, ...]:
    """Return a command with the places of the copy."""
    return tuple(private(word, deployed, place) for word in words)


def changed_lines(texts: Mapping[PurePosixPath, str], deployed: DeployedPlace) -> tuple[str, ...]:
    """Return the lines that a copy has otherwise, each with its file: what is proven is all but these."""
    # Whatever the copy's own places are, they are in none of the deployment's.
    elsewhere = Path("/nowhere")
    place = PrivatePlace(
        application=elsewhere / "application",
        python_home=elsewhere / "python",
        logging=elsewhere / "logging.json",
        server_file=elsewhere / "server",
        socket=elsewhere / "socket",
        port=None if deployed.port is None else 1,
        proxy_port=1,
    )
    return tuple(
        f"{path}: {line.strip()}"
        for path, text in texts.items()
        for line in text.splitlines()
        if not line.lstrip().startswith(("#", ";")) and private(line, deployed, place) != line
    )


def _places(deployed: DeployedPlace, place: PrivatePlace) -> tuple[tuple[str, str], ...]:
    return (
        (str(deployed.socket), str(place.socket)),
        (str(deployed.python_home), str(place.python_home)),
        (str(deployed.logging), str(place.logging)),
        (str(deployed.server_file), str(place.server_file)),
        # Behind what is inside of it.
        (str(deployed.application), str(place.application)),
    )
