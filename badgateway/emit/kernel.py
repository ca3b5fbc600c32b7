"""The limits of a kernel that the trials had, as sysctl calls them, and where: the machine's, or those of [places]."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.emit.subject import Subject
from badgateway.model.places import KERNEL_FILES

USUAL_SOMAXCONN = 4096
"""Linux's own since 5.4."""
_NETWORKS = {"target": "the application servers' own network", "proxy": "nginx's own network"}
"""Those that a deployment has too, by their keys; of two values on one machine the first one's is written."""
_MEANINGS = {
    "net.core.somaxconn": "The ceiling of every accept queue.",
    "net.ipv4.ip_local_port_range": "The ports that connections are made from: nginx's, and those to the database.",
}
_SAFE_IN_A_POD = frozenset({"net.ipv4.ip_local_port_range"})
"""What Kubernetes lets a pod set by itself; all others a node has to allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One of them."""

    name: str
    value: str
    basis: str
    """What it rests on, in a clause."""
    is_own: bool
    """Whether [places] had set this value, so that a pod is given it as well."""

    @property
    def meaning(self) -> str:
        """What it limits, in a sentence."""
        return _MEANINGS[self.name]

    @property
    def is_safe(self) -> bool:
        """Whether a pod may set it wherever it is scheduled."""
        return self.name in _SAFE_IN_A_POD


def ceiling(subject: Subject) -> Limit:
    """Return what cut the accept queue of the server."""
    environment = subject.document.environment
    measured = environment.server_somaxconn
    if "target" in environment.places:
        basis = _as_in("target")
    elif measured is None:
        basis = "the run has not recorded the machine's own"
    else:
        basis = "as the machine of the trials had it"
    of_proxy = environment.places["proxy"].somaxconn if "proxy" in environment.places else measured
    other = "" if of_proxy is None or of_proxy == measured else _beside("proxy", str(of_proxy))
    return Limit(
        name="net.core.somaxconn",
        value=str(measured or USUAL_SOMAXCONN),
        basis=f"{basis}{other}",
        # What nginx's network had set is none of the servers' queue.
        is_own="target" in dict(_set(KERNEL_FILES["somaxconn"], subject)),
    )


def all_limits(subject: Subject) -> tuple[Limit, ...]:
    """Return what a machine has to have for the figures to hold there: the ceiling, and what else was set."""
    first = ceiling(subject)
    found = (_of_file(file, subject) for file in KERNEL_FILES.values() if any(_set(file, subject)))
    return (first, *(one for one in found if one.name != first.name))


def own_limits(subject: Subject) -> tuple[Limit, ...]:
    """Return those of them that [places] had set."""
    return tuple(one for one in all_limits(subject) if one.is_own)


def _of_file(file: str, subject: Subject) -> Limit:
    key, value = next(_set(file, subject))
    # The other place had a value too, though nobody wrote it.
    others = ((other, text) for other, text in _in_force(file, subject) if other != key)
    differing = "".join(_beside(other, text) for other, text in others if text != value)
    return Limit(name=file.replace("/", "."), value=value, basis=f"{_as_in(key)}{differing}", is_own=True)


def _set(file: str, subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the places that have set a limit, each with its value: they read it back, so it was in force."""
    lines = subject.document.experiment.places.lines
    for key in _NETWORKS:
        if key in lines and file in lines[key].kernel_settings:
            yield key, lines[key].kernel_settings[file]


def _in_force(file: str, subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what each network had of a limit, set or not."""
    found = subject.document.environment.places
    for key in _NETWORKS:
        if key in found:
            yield key, found[key].text(file)


def _as_in(key: str) -> str:
    return f"as {_NETWORKS[key]} of the trials had it ([places] {key})"


def _beside(key: str, value: str) -> str:
    return f"; {_NETWORKS[key]} had {value} ([places] {key}): set that where it is a machine of its own"
