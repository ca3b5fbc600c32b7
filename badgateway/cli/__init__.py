"""The badgateway command: reads arguments, shows progress, sets exit codes."""

from badgateway.cli.commands import main

__all__ = ["main"]
