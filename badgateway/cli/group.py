"""The frame around every command: one policy for signals, and plain words with an exit status for each failure."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from badgateway.cli.terminal import echo
from badgateway.errors import BadgatewayError
from badgateway.model.exit_code import ExitCode, of_error
from badgateway.process.interruption import unwinding_on_signals
from badgateway.store.temporary_folder import scratch_space

_CRASH = "badgateway-crash-"
_LONGEST_CRASH = 300


class StartApart(Exception):  # noqa: N818 # nothing went wrong
    """The program is to be executed anew, in a network of its own, when what it holds has been let go."""

    def __init__(self, allowed: Sequence[int] = (), written: Sequence[Path] = ()) -> None:
        super().__init__("to be started anew")
        self.allowed = allowed
        """Ports of this machine that are to be there too."""
        self.written = written
        """Files and folders that are there, and to be written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What is known of a command before its module is imported.

    Attributes:
        module: Which adds the command to its group.
        short_help: What it does, in a line of the list of commands.
    """

    module: str
    short_help: str


class KitGroup(click.Group):
    """Commands whose context object is the Interruption that tells whether a signal has come."""

    def __init__(
        self,
        *arguments: Any,
        listed: Mapping[str, Listed] | None = None,
        names_before: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Begin with the commands that get here when their modules are imported, which is when they are asked for.

        Args:
            arguments: As for click.Group.
            listed: By name of the command; all that one command needs is not to slow the start of another.
            names_before: What commands were called in an earlier version, and are called now; both work.
            options: As for click.Group.
        """
        super().__init__(*arguments, **options)
        self._listed = listed or {}
        self._names_before = names_before or {}
        self.program: tuple[str, ...] = ()
        """The command line of this process, where it is the kit's own: it can be executed anew."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands as they are declared, the one to begin with first."""
        del ctx
        return list(dict.fromkeys((*self._listed, *self.commands)))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported if need be."""
        name = self._names_before.get(cmd_name, cmd_name)
        if name in self._listed:
            import_module(self._listed[name].module)
        return super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of a mistyped one, say which is likely meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            options = [name for one in self.get_params(ctx) for name in one.opts if name == f"--{args[0]}"]
            likely = get_close_matches(args[0], self.list_commands(ctx), n=1) or options
            if not likely:
                raise
            raise click.UsageError(f"{error.message} Did you mean {likely[0]!r}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line about each command, without importing any."""
        if not self._listed:
            super().format_commands(ctx, formatter)
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.short_help) for name, each in self._listed.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; SIGINT, SIGTERM and SIGHUP unwind it, and what it has started, once."""
        try:
            with unwinding_on_signals() as interruption, scratch_space():
                ctx.obj = interruption
                return super().invoke(ctx)
        except StartApart as apart:
            # It is of Linux alone, and experiments alone ask for it.
            from badgateway.process.network import start_apart  # noqa: PLC0415 # see above

            start_apart(self.program, apart.allowed, apart.written)
            raise
        except KeyboardInterrupt:
            _fail("interrupted", ExitCode.INTERRUPTED)
        except BadgatewayError as error:
            _fail(str(error), of_error(error))
        except OSError as error:
            _fail(_of_the_system(error), ExitCode.FAILED)

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; what nobody thought of ends in one line, its trace in a file, and a status of its own.

        Status 1, which Python gives, means that no configuration qualifies.
        """
        is_standalone = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        try:
            status: Any = super().main(*arguments, **options)
        except click.ClickException as error:
            if not is_standalone:
                raise
            _refuse(error)
        except BadgatewayError as error:
            # Of what click prints itself: a help text for which the disk has no room.
            _fail(str(error), of_error(error))
        except Exception as error:  # noqa: BLE001 # this is where it is told
            echo(f"badgateway: {_crash(error)}", err=True)
            sys.exit(ExitCode.CRASHED)
        if is_standalone:
            sys.exit(status if isinstance(status, int) else 0)
        return status


def _refuse(error: click.ClickException) -> NoReturn:
    """Say a mistake on the command line as any other is said: in a line, with what helps."""
    if isinstance(error, NoArgsIsHelpError):
        echo(error.format_message(), err=True)
        sys.exit(ExitCode.USAGE)
    message = " ".join(error.format_message().split()).removesuffix(".")
    if message[1:2].islower():
        message = message[0].lower() + message[1:]
    is_usage = isinstance(error, click.UsageError)
    # Of an option without its value click does not say of which command it is.
    context = error.ctx if isinstance(error, click.UsageError) else None
    # The option's name is in the message; which command it was given to is not.
    where = context.command_path.partition(" ")[2] if context else ""
    program = context.command_path if context else "badgateway"
    helps = f"; see {program} --help" if is_usage and not message.endswith("?") else ""
    _fail(f"{f'{where}: ' if where else ''}{message}{helps}", ExitCode.USAGE if is_usage else ExitCode.FAILED)


def _of_the_system(error: OSError) -> str:
    if error.errno == errno.ENOENT and error.filename is None and not _has_working_directory():
        return "the working directory was removed; change to one that is there, such as by cd"
    named = error.filename if isinstance(error.filename, str | bytes) else None
    return f"{click.format_filename(named)}: {error.strerror}" if named and error.strerror else str(error)


def _has_working_directory() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 # only asked whether there is one
    except FileNotFoundError:
        return False
    return True


def _crash(error: Exception) -> str:
    """Return one line about a fault of the kit, when its trace has been written."""
    told = " ".join(traceback.format_exception_only(error)[-1].split())[:_LONGEST_CRASH]
    trace = "".join(traceback.format_exception(error))
    try:
        # Made by mkstemp, so it is readable by its owner alone: a trace may quote what it worked on.
        with tempfile.NamedTemporaryFile("w", prefix=_CRASH, suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(trace)
    except OSError:
        return f"a fault of badgateway itself: {told}; its trace could not be written to a file:\n{trace}"
    return f"a fault of badgateway itself: {told}; please report it with the trace in {file.name}"


def _fail(message: str, status: ExitCode) -> NoReturn:
    # Every line bears the name: a message can have several faults, or end with lines of a server's log.
    for line in message.splitlines():
        echo(f"badgateway: {line}", err=True)
    sys.exit(status)
