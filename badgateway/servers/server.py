"""What the kit has to be told of an application server, so that nothing else needs to know its name."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from badgateway.model.knob import Knob, WorkerModel
from badgateway.model.samples import Reading
from badgateway.servers.deployable import Deployable
from badgateway.servers.log import ServerLog

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

HTTP = "http"
"""The protocol that every server speaks."""

COMMON_SETTINGS = (
    "workers",
    "least_workers",
    "threads",
    "greenlets",
    "listen",
    "keepalive_s",
    "preload",
    "max_requests",
    "max_requests_delta",
    "least_lifetime_s",
    "graceful_stop_s",
    "app_s",
)
"""The settings of a configuration that are a server's own affair; `app_s` is among its time limits."""

_SETTINGS_OF = {
    Knob.ACCEPT_QUEUE: ("listen",),
    Knob.GREENLETS: ("greenlets",),
    Knob.IDLE_CONNECTIONS: ("keepalive_s",),
    Knob.MAX_REQUESTS: ("max_requests",),
    Knob.MAX_REQUESTS_SPREAD: ("max_requests_delta",),
    Knob.PRELOAD: ("preload",),
    Knob.GRACEFUL_STOP: ("graceful_stop_s",),
    Knob.TIME_LIMIT: ("app_s",),
    Knob.WORKERS: ("workers",),
}
_IN_A_WORKER = {WorkerModel.GREENLETS: ("greenlets",), WorkerModel.EVENT_LOOP: ()}
"""What says how many requests a worker can have at a time; of all other models it is their threads."""


class Place(Protocol):
    """Where the server of one trial runs: absolute paths, and the address it is to listen at."""

    @property
    def server_file(self) -> Path:
        """The configuration's server file."""

    @property
    def server_text(self) -> str:
        """What is in it."""

    @property
    def target(self) -> str:
        """What the server loads as its application: `module:object`."""

    @property
    def journal(self) -> Path:
        """The journal's module, which is started in the application's place."""

    @property
    def python_home(self) -> Path:
        """The Python environment that has the application's and the server's packages."""

    @property
    def address(self) -> str:
        """The path of a unix socket, or host and port."""

    @property
    def port(self) -> int | None:
        """The TCP port; None where it is a unix socket."""

    @property
    def logging(self) -> Path:
        """A file of the trial's own, for a configuration of Python's logging."""

    @property
    def statistics_socket(self) -> Path:
        """A unix socket for the server's statistics, if it has any."""

    def program(self, name: str) -> str:
        """Return the path of a program of the Python environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to start a server: nothing of it has happened."""

    argv: tuple[str, ...]
    bind: str
    """The address as this server spells it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those that every server gets, see `Site.environment`."""
    logging: str = ""
    """What is to stand in `Place.logging` before; empty where the server reads no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a server tells of its workers to whoever connects to its statistics socket."""

    series: tuple[str, ...]
    """Each a ServerSeries of this server; others are kept, and nobody asks for them."""
    read: Callable[[bytes, float], tuple[Reading, ...]]
    """From the whole answer and the seconds since the epoch; ValueError, LookupError or TypeError: it is none."""


def no_file(_words: Sequence[str]) -> str:
    """Need none of the site's files."""
    return ""


def no_text(_words: Sequence[str], _file: str, _environment: Mapping[str, str]) -> str:
    """Make no server file: the server is asked, and started by its command."""
    return ""


def no_numbers(_text: str) -> Mapping[str, Any]:
    """Tell nothing: the server itself does."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommand:
    """What a command of the user's own comes to, and how it is known; where it listens the kit says.

    Words are those behind the program.
    """

    asks: str = ""
    """A program for the site's Python, with the words as its arguments: prints what it would run with. Such a server
    is started by its command; empty: it is started by the server file that `text` makes of it."""
    file: Callable[[Sequence[str]], str] = no_file
    """Which of the site's files `text` needs, a path from its folder; empty: none. ValueError: it cannot be read."""
    named_file: Callable[[Sequence[str]], str] = no_file
    """The file that the words name for the server to read its options from; empty: none."""
    says: Callable[[Sequence[str]], str]
    """The words' options as one of its files spells them, all of them."""
    text: Callable[[Sequence[str], str, Mapping[str, str]], str] = no_text
    """A server file that says what words, that file and the site's variables say. ValueError: it is not known."""
    told: Callable[[str], Mapping[str, Any]] = no_numbers
    """What a configuration of such a server file has, and its time limit as `app_s`; where nobody can be asked."""
    folders: tuple[str, ...] = ()
    """Its options that name the folder that it runs in."""
    paths: tuple[str, ...] = ()
    """Its options that name folders in which modules are looked for besides."""
    options_variable: str = ""
    """A variable with options, which count as much as the command's and less than the same ones of it."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables that it reads as settings, and which it is that each gives where nothing else does."""
    variables_begin: str = ""
    """How the variables begin that it reads as its options; empty: it reads none."""

    def reads(self, name: str) -> bool:
        """Tell whether a variable is one of its own settings."""
        begins = bool(self.variables_begin) and name.startswith(self.variables_begin)
        return begins or name in self.variables


def no_values(_configuration: "Configuration", _place: "Place") -> Mapping[str, str | None]:
    """Add nothing to what every server file gets."""
    return {}


def no_model(_told: str) -> None:
    """Tell nothing of worker models."""


def no_fault(_file: PurePosixPath) -> str:
    """Find nothing wrong with the name of a server file."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One application server."""

    name: str
    """As configurations, programs and raw files call it: small letters."""
    label: str
    """The name as its makers write it."""
    distributions: tuple[str, ...]
    """The Python packages whose versions matter, its own first."""
    for_greenlets: tuple[str, ...] = ()
    """What else its workers import where they run greenlets."""
    files: tuple[str, ...]
    """Patterns of the names of its files; a file that fits none, or several servers', needs `kind`."""
    files_without_kind: tuple[str, ...] = ()
    """Patterns in run folders of version 0.1, which knew no `kind`."""
    file_fault: Callable[[PurePosixPath], str] = no_fault
    """What it cannot bear in the path of its file; empty when nothing."""
    protocol: str = HTTP
    """What it speaks to a proxy that can speak more than HTTP, as nginx's directives call it."""
    start: Callable[["Configuration", Place], Start]
    values: Callable[["Configuration", Place], Mapping[str, str | None]] = no_values
    """The variables that its file takes from a place, beside those of `web_variables`; None: it is not set."""
    worker_model: Callable[[str], WorkerModel]
    """How one worker serves several requests, by what the text of a server file says; an event loop is ASGI."""
    settings: Mapping[str, str]
    """How it spells those of COMMON_SETTINGS that it has."""
    opposites: Mapping[str, str] = field(default_factory=dict)
    """How it spells the opposite of those for which it has no other word."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Those that it has not, and what there is in place of them."""
    knobs: Mapping[Knob, str] = field(default_factory=dict)
    """How it spells what is no setting of a configuration, or is said in another way; empty: it turns nothing."""
    knobs_of: Mapping[WorkerModel, Mapping[Knob, str]] = field(default_factory=dict)
    """What workers of a model spell in another way than `knobs`."""
    other_programs: tuple[str, ...] = ()
    """What its program is called besides."""
    own_files: Mapping[str, str] = field(default_factory=dict)
    """Files of a repository that are its configuration, by name or suffix, each with the command that runs it."""
    own_command: OwnCommand | None = None
    """How a command of the user's own is started; None: it takes a server file."""
    kit_files: Mapping[WorkerModel, str] = field(default_factory=dict)
    """The kit's own files for it, in servers/, by how their workers serve requests."""
    least_listen: int = 1
    """The shortest accept queue that it takes."""
    demands_its_queue: bool = False
    """Whether it refuses to start where the kernel would cut its accept queue; all others do not ask."""
    statistics: Statistics | None = None
    log: ServerLog | None = None
    """How its log is read; None as long as nothing can read it, and its lines prove no cause."""
    model_told: Callable[[str], WorkerModel | None] = no_model
    """The worker model, by the word that its log has for it."""
    deployable: Deployable | None = None
    """How it is deployed without the kit; None: nobody has said it."""
    journals_lives: bool = False
    """Whether the lives of workers that stand in a request journal are those of its own."""
    rank: int = 100
    """Where it stands when several are named: the most used first, those of one rank by name."""

    def reads(self, file: PurePath) -> bool:
        """Tell whether a file is named as this server's are."""
        # kit:NAME is a file of that name.
        plain = PurePosixPath(str(file).rpartition("kit:")[2])
        return any(plain.match(pattern) for pattern in self.files)

    def read_once(self, file: PurePath) -> bool:
        """Tell whether version 0.1 would have taken a file for this server's."""
        return any(file.match(pattern) for pattern in self.files_without_kind)

    def spelled(self, knobs: Collection[Knob], model: WorkerModel | None) -> str:
        """Return how its files spell these, with commas between; None is an unknown worker model."""
        own = {**self.knobs, **(self.knobs_of.get(model, {}) if model else {})}
        each = (own.get(knob, ", ".join(self._settings(knob, model))) for knob in knobs)
        return ", ".join(dict.fromkeys(filter(None, each)))

    def _settings(self, knob: Knob, model: WorkerModel | None) -> Iterator[str]:
        at_a_time = ("workers", *_IN_A_WORKER.get(model or WorkerModel.THREADS, ("threads",)))
        fields = at_a_time if knob is Knob.AT_A_TIME else _SETTINGS_OF.get(knob, ())
        return (self.settings[name] for name in fields if name in self.settings)
