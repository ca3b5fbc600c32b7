"""The command that lets a shell complete badgateway's commands and options."""

import click
from click.shell_completion import get_completion_class

from badgateway.cli.entry import cli
from badgateway.cli.terminal import echo

SHELLS = ("bash", "zsh", "fish")


@cli.command(short_help="Print what lets your shell complete commands and options.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that lets a shell complete badgateway's commands and options.

    \b
    For this shell alone, and for every one to come:
      eval "$(badgateway completion bash)"
      badgateway completion bash > ~/.local/share/bash-completion/completions/badgateway
      badgateway completion zsh > ~/.zfunc/_badgateway     with fpath+=~/.zfunc before compinit
      badgateway completion fish > ~/.config/fish/completions/badgateway.fish
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    made = get_completion_class(shell)
    assert made is not None, shell
    echo(made(cli, {}, "badgateway", "_BADGATEWAY_COMPLETE").source(), newline=False)
