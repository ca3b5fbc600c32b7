"""The server's file with plain values, each beside the measurement that chose it."""

import re

from badgateway.emit.evidence import evidence
from badgateway.emit.subject import Subject, values_of
from badgateway.emit.templates import wrapped
from badgateway.errors import ConfigurationError
from badgateway.model.masking import is_secret_name
from badgateway.servers.deployable import FACTORY, Filling

_SET = re.compile(r"""\b(?P<name>[A-Za-z_]\w*)["']?\]?\s*[=,]\s*["']?(?=(?P<value>[^\s"',)\]]{4,}))""")
"""A name that is set, in whichever language."""
_PASSWORD = re.compile(r"""\w://[^/\s"':@]*:[^/\s"'@${]+@""")
_IS_NONE = re.compile(r"[$%/<{]|os\.|environ|getenv|(?:true|false|none)\b|\d+$", re.IGNORECASE)
"""A value that is no secret itself: a variable's, a path, a switch, a number."""


def made_by(subject: Subject) -> str:
    """Return a sentence that says where a file comes from."""
    verdict = "" if subject.kept else f", which {subject.shortfall}"
    return (
        f"{subject.chosen.name}{verdict}, of the experiment {subject.document.experiment.name} of "
        f"{subject.document.started}, as badgateway emit wrote it. WHY.md says what each value rests on."
    )


def server_file(subject: Subject) -> str:
    """Return the text of the server's file.

    Raises:
        ConfigurationError: The file takes a variable in a way that cannot be filled in.
    """
    place = subject.place
    refuse_secrets(place.server_text, subject.configuration.server)
    values = values_of(subject.server, subject.deployable, subject.configuration, place, subject.timeouts)
    remarks = {
        subject.deployable.variables[field]: wrapped(evidence(subject, field).text) for field in sorted(subject.filled)
    }
    header = (*wrapped(made_by(subject)), f"Goes to {place.server_file}; {subject.server.label} is started so:")
    filling = Filling(values=values, remarks=remarks, header=(*header, f"    {' '.join(argv(subject))}"))
    return subject.deployable.plain(place.server_text, filling).text


def refuse_secrets(text: str, file: object) -> None:
    """Return when a server's file of the project sets nothing that is secret by its name, or has a password in it.

    Raises:
        ConfigurationError: It does; with the line.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        named = (found["name"] for found in _SET.finditer(line) if not _IS_NONE.match(found["value"]))
        what = next(filter(is_secret_name, named), "an address with a password" if _PASSWORD.search(line) else "")
        if what:
            raise ConfigurationError(
                f"{file}: line {number} has {what}, and no file that is written has a secret: let the environment say "
                "it (secrets.env), and take it out here"
            )


def argv(subject: Subject) -> tuple[str, ...]:
    """Return how the deployed server is started."""
    place = subject.place
    named = {"file": str(place.server_file), "target": place.target.removesuffix(FACTORY)}
    arguments = (argument.format(**named) for argument in subject.deployable.arguments)
    return (place.program(subject.server.name), *arguments)


def logging_file(subject: Subject) -> str:
    """Return the configuration of Python's logging, as it was in the trials; empty where the server reads none."""
    return subject.server.start(subject.configuration, subject.place).logging
