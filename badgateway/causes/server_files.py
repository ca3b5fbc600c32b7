"""What an application server's file and command say of it, as they stand, and what of that only a run would know."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from badgateway.model.knob import WorkerModel
from badgateway.model.masking import masked
from badgateway.servers.deployable import Deployable
from badgateway.servers.options import EVERY, Option, is_variable
from badgateway.servers.server import Server

UNKNOWN = "unknown"
"""Begins the name of what is not known; what a later file says of the same counts in place of it."""
_NUMBERS = {
    *("workers", "threads", "greenlets", "listen", "keepalive_s", "max_requests", "max_requests_delta"),
    *("graceful_stop_s", "app_s", "header_buffer"),
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])?")
_NUMBER = re.compile(rf"(?:{_PART.pattern})+(?!\w)")
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value, and the line that says it; a default has none."""

    value: str
    where: str

    @property
    def line(self) -> str:
        """Both, as they are shown: an expression may have a secret in it."""
        return f"{self.where}  {self.shown}"

    @property
    def shown(self) -> str:
        """The value, without secrets."""
        return masked(self.value)

    @property
    def number(self) -> float | None:
        """The value as a number, times in seconds, such as 1m30s; None where it is none."""
        found = _NUMBER.match(self.value)
        return sum(float(digits) * _SECONDS[unit] for digits, unit in _PART.findall(found[0])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A server's file, with what a command says behind its last line."""

    server: Server
    deployable: Deployable
    path: PurePath
    text: str
    lines: int
    """Of the file; what comes later is the command's."""
    where: str
    """The command's place."""
    faults: tuple[Said, ...]
    """Why nobody can tell what it says: it cannot be read, or takes in another file."""
    options: Mapping[str, Option]
    """Without those that a line after them may have set anew."""
    usual: Mapping[str, Said]
    """Settings that hold where neither file nor command says them."""

    def said(self, option: Option, name: str = "") -> Said:
        """Return an option with its line, and its name where that has to be said."""
        place = f"{self.path}:{option.line}" if option.line <= self.lines else self.where
        return Said(value=f"{name} = {option.value}" if name else option.value, where=place)


def server_says(
    server: Server,
    path: PurePath,
    text: str,
    *,
    command: str = "",
    where: str = "",
    variables: Mapping[str, Said] | None = None,
    missing: str = "",
) -> Iterator[tuple[str, object]]:
    """Yield what a server's file says, by the fields of SiteFiles, and behind it what a command does; the last counts.

    Args:
        server: Whose it is.
        path: Of the file.
        text: Of the file.
        command: What a command says, as the file would spell it.
        where: The command's place.
        variables: What variables give where nothing else says it, by the names of settings.
        missing: A file that the command names, and that nobody has given.
    """
    file = _file(server, path, text, command, where, variables or {})
    if missing:
        unseen = Said(value=f"{missing}: the command names it, and it is not among the files", where=where)
        file = replace(file, faults=(*file.faults, unseen))
    settings, unknown = _settings(file)
    yield "server", server
    yield "settings", settings
    yield "unsaid", _unsaid(file, settings)
    model, not_known = _model(file)
    yield "model", model
    unknown += not_known
    if late := file.deployable.late_patch(file.options, file.text):
        yield "late_patch", file.said(late)
    address = next((name for name in file.deployable.addresses if name in file.options), "")
    if address and _is_known(address, file.options[address]):
        yield "address", file.said(file.options[address])
    elif address:
        unknown.append(file.said(file.options[address], address))
    elif file.deployable.usual_address and not file.faults:
        yield "address", Said(value=file.deployable.usual_address, where=f"{server.label}'s default")
    yield f"{UNKNOWN} server", (*file.faults, *unknown)


def _file(  # noqa: PLR0917 # what `server_says` is given
    server: Server, path: PurePath, text: str, command: str, where: str, variables: Mapping[str, Said]
) -> _File:
    deployable = server.deployable
    assert deployable is not None
    fault = deployable.file_fault(text)
    lines = [] if fault else text.splitlines()
    whole = "\n".join((*lines, command))
    options = dict(deployable.options(whole))
    others = options.pop(EVERY, None)
    defaults = deployable.defaults.items()
    file = _File(
        server=server,
        deployable=deployable,
        path=path,
        text=whole,
        lines=len(lines),
        where=where,
        faults=(Said(value=fault, where=str(path)),) if fault else (),
        options=options,
        usual={**{name: Said(value=value, where=f"{server.label}'s default") for name, value in defaults}, **variables},
    )
    if others is None:
        return file
    later = {name: option for name, option in options.items() if option.line > others.line}
    return replace(file, faults=(*file.faults, file.said(others)), options=later)


def _spelled(file: _File) -> dict[str, str]:
    return {**file.server.settings, **file.deployable.further}


def _settings(file: _File) -> tuple[dict[str, Said], list[Said]]:
    """Return the settings that are known, defaults too where nothing else may say them; and what is not."""
    settings = {} if file.faults else dict(file.usual)
    unknown = []
    for name, spelled in _spelled(file).items():
        option = file.options.get(spelled)
        if option is None:
            continue
        if _is_known(name, option):
            settings[name] = file.said(option)
        else:
            settings.pop(name, None)
            unknown.append(file.said(option, spelled))
    if listen := file.deployable.fixed_listen(file.options):
        where = f"{file.server.label}'s {file.deployable.model_option}"
        settings["listen"] = Said(value=listen, where=where)
    return settings, unknown


def _unsaid(file: _File, settings: Collection[str]) -> frozenset[str]:
    """Return the settings of which nobody knows whether the file has them, or what they are."""
    names = _spelled(file)
    return frozenset(name for name in names if name not in settings and (file.faults or names[name] in file.options))


def _model(file: _File) -> tuple[WorkerModel | None, list[Said]]:
    """Return how workers serve requests, None where it is not known; and the line that does not say it."""
    name, model = file.deployable.model_option, file.deployable.model
    option = file.options.get(name)
    if option is None:
        usual = model(None, file.options) if name else file.server.worker_model(file.text)
        return (None if file.faults else usual), []
    told = file.server.model_told(option.value)
    # A class that nobody knows here serves in its own way.
    return (model(told, file.options), []) if told else (None, [file.said(option, name)])


def _is_known(name: str, option: Option) -> bool:
    """Tell whether an option's value is what holds: a number is written as one."""
    is_number = name in _NUMBERS and not option.value[:1].isdecimal()
    return option.is_known and not is_variable(option.value) and not is_number
