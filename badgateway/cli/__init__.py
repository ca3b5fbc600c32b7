"""The badgateway command: reads arguments, shows progress, sets exit codes."""

from badgateway.cli.entry import main

__all__ = ["main"]
