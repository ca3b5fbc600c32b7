"""The frame around every command: one policy for signals, and plain words with an exit status for each failure."""

import errno
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from badgateway.cli.exit_codes import ExitCode, of_error
from badgateway.errors import BadgatewayError
from badgateway.process.interruption import unwinding_on_signals


class KitGroup(click.Group):
    """Commands whose context object is the Interruption that tells whether a signal has come."""

    def __init__(self, *arguments: Any, modules: Mapping[str, str] | None = None, **options: Any) -> None:
        """Begin with the commands that get here when their modules are imported, which is when they are asked for.

        Args:
            arguments: As for click.Group.
            modules: By name of the command; all that one command needs is not to slow the start of another.
            options: As for click.Group.
        """
        super().__init__(*arguments, **options)
        self._modules = modules or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands as they are declared, the one to begin with first."""
        del ctx
        return list(dict.fromkeys((*self._modules, *self.commands)))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported if need be."""
        if cmd_name in self._modules:
            import_module(self._modules[cmd_name])
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; SIGINT, SIGTERM and SIGHUP unwind it, and what it has started, once."""
        try:
            with unwinding_on_signals() as interruption:
                ctx.obj = interruption
                return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail(ctx, "interrupted", ExitCode.INTERRUPTED)
        except BadgatewayError as error:
            _fail(ctx, str(error), of_error(error))
        except OSError as error:
            # The reader of a pipe has gone: click knows what to do then.
            if error.errno == errno.EPIPE:
                raise
            _fail(ctx, str(error), ExitCode.FAILED)


def _fail(ctx: click.Context, message: str, status: ExitCode) -> NoReturn:
    # Every line bears the name: a message can have several faults, or end with lines of a server's log.
    for line in message.splitlines():
        click.echo(f"badgateway: {line}", err=True)
    ctx.exit(status)
