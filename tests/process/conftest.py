import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from badgateway.process.account import Account
from badgateway.process.child import Command

MakeCommand = Callable[..., Command]


@pytest.fixture
def python(tmp_path: Path) -> MakeCommand:
    """Make a command that runs a piece of Python."""

    def make(code: str, *arguments: object, account: Account | None = None) -> Command:
        return Command(
            name="piece",
            argv=(sys.executable, "-I", "-S", "-c", code, *(str(argument) for argument in arguments)),
            environment={"PATH": os.environ["PATH"], "MARK": "given"},
            directory=tmp_path,
            log=tmp_path / "piece.log",
            account=account,
        )

    return make
