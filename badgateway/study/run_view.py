"""Looks at the trial in flight of a run that shows itself; a process of its own, which gives way to all others.

It is started with `python -m badgateway.study.run_view FOLDER`, where FOLDER has the page file of the run.
"""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from badgateway.errors import BadgatewayError
from badgateway.model.live_page import PAGE, RunPage
from badgateway.process.account import Account, service_account
from badgateway.process.cores import give_way
from badgateway.study.live_view import LiveView

_LOOK_S = 0.5
_PAUSE_PER_LOOK = 15
"""A run is measured: of one core, looks take a sixteenth at most."""


class RunView:
    """Looks at one trial after another."""

    def __init__(self, folder: Path, account: Account | None) -> None:
        """Begin without a trial.

        Args:
            folder: With the run's page file; what is found goes beside it.
            account: Whose the files of the servers are; None: the kit's own.
        """
        self._folder = folder
        self._account = account
        self._raw = ""
        self._view: LiveView | None = None
        self._next_s = 0.0

    def look(self) -> None:
        """Look at the trial in flight; what the last one had is no longer shown when another begins."""
        page = RunPage.from_json((self._folder / RunPage.FILE).read_text(encoding="utf-8"))
        if page.raw and page.raw != self._raw:
            self.close()
            (self._folder / PAGE).unlink(missing_ok=True)
            self._raw = page.raw
        # A trial's files come one after the other, and go when it is kept: the run does not depend on a look.
        with suppress(BadgatewayError, OSError):
            if self._view is None and page.raw:
                self._view = LiveView(
                    Path(page.raw),
                    {page.server: ()},
                    self._account,
                    page=self._folder / PAGE,
                    pause_per_look=_PAUSE_PER_LOOK,
                )
                self._view.not_before(self._next_s)
            if self._view is not None:
                self._view.refresh()

    def close(self) -> None:
        """Let go of the files."""
        if self._view is not None:
            # Trials are short: the pause after a look goes on in the next one.
            self._next_s = self._view.next_s
            self._view.close()
            self._view = None


def main() -> NoReturn:
    """Look until the process is stopped."""
    give_way()
    view = RunView(Path(sys.argv[1]), service_account())
    while True:
        view.look()
        time.sleep(_LOOK_S)


if __name__ == "__main__":
    main()
