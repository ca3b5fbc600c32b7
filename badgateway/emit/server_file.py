"""The server's file with plain values, each beside the measurement that chose it."""

from badgateway.emit.evidence import evidence
from badgateway.emit.subject import Subject, values_of
from badgateway.emit.templates import wrapped
from badgateway.servers.deployable import FACTORY, Filling


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
    values = values_of(subject.server, subject.deployable, subject.configuration, place, subject.timeouts)
    remarks = {
        subject.deployable.variables[field]: wrapped(evidence(subject, field).text) for field in sorted(subject.filled)
    }
    header = (*wrapped(made_by(subject)), f"Goes to {place.server_file}; {subject.server.label} is started so:")
    filling = Filling(values=values, remarks=remarks, header=(*header, f"    {' '.join(argv(subject))}"))
    return subject.deployable.plain(place.server_text, filling).text


def argv(subject: Subject) -> tuple[str, ...]:
    """Return how the deployed server is started."""
    place = subject.place
    named = {"file": str(place.server_file), "target": place.target.removesuffix(FACTORY)}
    arguments = (argument.format(**named) for argument in subject.deployable.arguments)
    return (place.program(subject.server.name), *arguments)


def logging_file(subject: Subject) -> str:
    """Return the configuration of Python's logging, as it was in the trials; empty where the server reads none."""
    return subject.server.start(subject.configuration, subject.place).logging
