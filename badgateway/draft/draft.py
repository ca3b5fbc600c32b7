"""What `badgateway init` found and decided: the whole of what is printed and written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from badgateway.draft.candidates import Candidate, LeftOut
from badgateway.draft.inspected import Inspected
from badgateway.draft.locust_file import Workload
from badgateway.draft.repository import Repository
from badgateway.draft.today import Today, TodaysServer
from badgateway.draft.variables import Variables

FILE = PurePosixPath("badgateway.toml")
LOCUST_FILE = PurePosixPath("loadtest/locustfile.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Python:
    """The interpreter that has the site's packages."""

    program: str
    """As the experiment's file names it: relative to the repository where it is in it."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """At which load levels configurations are compared."""

    users: tuple[int, ...] = ()
    rates_per_s: tuple[float, ...] = ()
    source: str = ""
    of_log: tuple[float, ...] = ()
    """Tasks a second that a log has, where users of somebody's own are asked, who come in numbers of users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A site, and the experiment that is proposed for it."""

    name: str
    repository: Repository
    python: Python
    site: Inspected
    today: Today | None
    server: TodaysServer | None = None
    """What runs today; None where no file says it, or it cannot be taken over."""
    why_not: str = ""
    """Why it cannot; empty where it can, or no file says it."""
    unread: str = ""
    """A line that says how the site is served, and cannot be read or starts no server that is known."""
    variables: Variables
    settings: str = ""
    """Which of the site's own settings a run has."""
    settings_source: str
    """Why these settings and no others."""
    settings_otherwise: str = ""
    """What the site has where nobody names settings; empty where it is the same."""
    workload: Workload
    levels: Levels
    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]
    is_apart: bool
    """Whether the site was loaded without any network."""
    settings_text: str = ""
    """Of settings for runs alone; empty where the site's own will do."""
    unset: Mapping[str, str] = field(default_factory=dict)


def with_own_users(draft: Draft, usual: Levels) -> Draft:
    """Return the draft for users that somebody wrote: how many of them make the rates of a log, `check` measures."""
    rates = draft.levels.rates_per_s
    return replace(draft, levels=replace(usual, of_log=rates)) if rates else draft
