"""What is known of a server to deploy it without the kit: its file with plain values, and how it is supervised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from badgateway.errors import ConfigurationError
from badgateway.model.knob import WorkerModel
from badgateway.servers.options import Option, plain_options

FACTORY = "()"
"""At the end of what a server loads, where that makes the application; some servers have a variable for it instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a server file is filled with, in place of the variables that a trial gives it."""

    values: Mapping[str, str | None]
    """By variable; None: it is not set."""
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By variable: lines of a comment above the setting that takes it, without the mark of a comment."""
    header: tuple[str, ...] = ()
    """Lines of a comment in place of the file's own first one, which tells how the kit starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A server file that takes nothing from the kit."""

    text: str
    filled: frozenset[str]
    """The variables that it had: what is not among them had no effect in a trial either."""


def not_fillable(line: int, variable: str, remedy: str) -> ConfigurationError:
    """Return that a file takes a variable in a way that cannot be filled in; who reads the file adds its name."""
    return ConfigurationError(f"line {line}: {variable} cannot be filled in; {remedy}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployable:
    """How one server is deployed."""

    file: str
    """What its file is called in a deployment."""
    plain: Callable[[str, Filling], Plain]
    """The text of a server file, without the kit's variables."""
    variables: Mapping[str, str]
    """The variable of each setting of a configuration that its files take."""
    comment: str = "#"
    """What begins a comment in its file."""
    arguments: tuple[str, ...]
    """Behind the program: {file} is its file, {target} the application."""
    is_environment: bool = False
    """Whether its file sets variables, which whoever starts it has to read."""
    unit: Mapping[str, str]
    """What systemd is to be told of it under [Service]; {seconds} is the time that its workers have to end."""
    reload: str
    """How new code is taken, in a sentence."""
    on_port: str
    """What a platform's shell runs that gives it a port in $PORT and no nginx; {file} and {target} as above."""
    port: str = "$PORT"
    """How its file takes that port from the environment; a number where it cannot, and `on_port` says it."""
    build_packages: tuple[str, ...] = ()
    """Debian's packages without which its own cannot be installed."""
    options: Callable[[str], Mapping[str, Option]] = plain_options
    """What its file says, as it stands."""
    file_fault: Callable[[str], str] = lambda _text: ""
    """Why a text cannot be one of its files, with its line; empty where it can."""
    model_option: str = ""
    """Its option that says how its workers serve requests, where one option says all of that."""
    model: Callable[[WorkerModel | None, Mapping[str, Option]], WorkerModel | None] = lambda told, _options: told
    """How workers serve requests, by what that option says and the others; the option may not be there."""
    addresses: tuple[str, ...] = ()
    """Its options that say where it listens."""
    usual_address: str = ""
    """Where it listens if none of them says it; empty where that is nowhere."""
    takes_bare_paths: bool = False
    """Whether an address without a port is the path of a socket, however it looks."""
    further: Mapping[str, str] = field(default_factory=dict)
    """Its options that no configuration declares, by what they are: header_buffer."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """By settings of a configuration, or of `further`: what holds where its file says nothing."""
    fixed_listen: Callable[[Mapping[str, Option]], str] = lambda _options: ""
    """How long its accept queue is, whatever its options say of that; empty where they count."""
    none_with: tuple[str, ...] = ()
    """Settings of which 0 means that nobody serves, while it listens."""
    late_patch: Callable[[Mapping[str, Option], str], Option | None] = lambda _options, _text: None
    """What in its options, or its text, lets gevent patch after the application is imported; None: nothing."""
    is_mine: Callable[[str], bool] = lambda _text: False
    """Whether a text is one of its files, whatever it is called."""
    unlimited: str = ""
    """In place of a time limit of its own where it has none: what ends a request that takes too long."""
