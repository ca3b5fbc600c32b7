"""Shows a run that goes on by itself in Locust's web UI; a process of its own that reads and loads nothing.

The generator of each trial stays as it is, so a page that is open takes no time from it. What it shows is read from the
rows that the generator writes, and from the two page files of the run. It is started with
`python -m badgateway.load.onlooker FOLDER PORT EXPERIMENT`, and the token in the environment.
"""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import gevent
import locust
from locust.env import Environment
from locust.runners import STATE_RUNNING, LocalRunner
from locust.stats import stats_history

from badgateway.load.run_page import Feed, make_page, read_page
from badgateway.load.settings import UI_TOKEN
from badgateway.process.cores import give_way

_LOOK_S = 1.0


class Onlooker(LocalRunner):
    """A runner whose users are those of another process; for the page it runs as long as the run goes on."""

    def __init__(self, environment: Environment) -> None:
        """Be what the page takes for a load that runs: only then it asks for statistics again and again."""
        super().__init__(environment)
        self.users = 0
        self.update_state(STATE_RUNNING)

    @property
    def user_count(self) -> int:
        """Users of the trial in flight."""
        return self.users


def main() -> NoReturn:
    """Show the run until the process is stopped."""
    folder, port, experiment = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    give_way()
    environment = Environment(events=locust.events, locustfile=experiment, host=f"the run of {experiment}")
    runner = environment.runner = Onlooker(environment)
    ui: Any = environment.create_web_ui("127.0.0.1", port, delayed_start=True)  # its methods have no types
    make_page(ui.app, ui.template_args, folder, token=os.environ[UI_TOKEN], port=port)
    ui.start()
    gevent.spawn(stats_history, runner)
    feed = Feed(environment.stats)
    while True:
        page = read_page(folder)
        runner.users = page.users
        feed.look(page)
        gevent.sleep(_LOOK_S)


if __name__ == "__main__":
    main()
