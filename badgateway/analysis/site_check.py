"""What one trial with one user proves of a site: a line for each fact, with the fix where there is something to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from badgateway.databases.database_kind import DatabaseFile
from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.errors import RawDataError, UntrustedFileError
from badgateway.ledger.observed import observed_settings
from badgateway.logs.tracebacks import TracebackTracker
from badgateway.model.experiment import Experiment
from badgateway.model.in_memory import small_database
from badgateway.model.raw import JOURNAL, SERVER_LOG
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.numbers import plural
from badgateway.plan.services import offered, service_at
from badgateway.store.packed import unpacked
from badgateway.store.run_folder import RunFolder
from badgateway.words.verdict_reasons import said

_ROUTES = """
SELECT name, coalesce(nullif(status, 0), proxy_status) AS answered, outcome, any_value(detail), max(latency_ms)
FROM read_parquet(?) WHERE name IS NOT NULL GROUP BY name, answered, outcome ORDER BY name, answered
"""
_FIXES = {
    401: "it wants a login: have the users log in, or take the task out",
    403: "it is forbidden to these users: take the task out",
    404: "the run's data have nothing there: fill the database in application.prepare, or change the path",
    405: "it takes no GET: take the task out",
    500: "the site failed: mend it, or take the task out",
}
_REACHES = "reaches "
"""Before the name of each setting of the journal that tells of such a thing."""
MOST_LINES = 8
_MOST_BYTES = 1 << 20
_REDIRECT, _FAILED = 300, 500
_REDIRECTED = (
    'it redirects, mostly to a login or to HTTPS: let users begin logged in (load.login = "sessions"), name where it '
    "leads to, or set application.scheme"
)
_REFUSED = re.compile(
    r"(?:127\.0\.0\.1|localhost):(?P<port>\d{1,5})\b.*refused"
    r"|refused.*(?:127\.0\.0\.1|localhost)\W{1,4}(?P<other>\d{1,5})\b",
    re.IGNORECASE,
)
_OTHER = "take the task out, or mend the site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that is so, or that has to be mended before anything is measured."""

    subject: str
    found: str
    fix: str = ""
    """What to do; empty where nothing is to be done."""
    answer: "RouteAnswer | None" = None
    """Of a route of the users'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAnswer:
    """How one route of the users' was answered."""

    name: str
    status: int | None
    outcome: str
    detail: str
    slowest_ms: float | None

    @property
    def is_well(self) -> bool:
        """Whether it can be measured."""
        return self.outcome == "OK"

    @property
    def is_refused(self) -> bool:
        """Whether the site answered that it has nothing there for these users, which is no failure of its own."""
        return not self.is_well and self.status is not None and _REDIRECT <= self.status < _FAILED


def facts(folder: RunFolder, run: RunSummary) -> Iterator[Fact]:
    """Yield what the one trial of a run proves, in the order in which it would have to be mended."""
    experiment = run.experiment
    trials = [trial for level in run.configurations[0].levels for trial in level.trials]
    if not trials:
        yield Fact(subject="trial", found="none ended", fix="run it again")
        return
    trial, place = trials[0], folder.trial_folders()[0]
    yield from _trial(trial)
    observed = _observed(place)
    yield from _server(observed)
    yield from _database(experiment, trial, observed)
    yield from _outside(observed)
    yield from _routes(answers(folder.ledger(place)), last_words(place))


def answers(ledger: Path) -> tuple[RouteAnswer, ...]:
    """Return how each route was answered, by name; nothing where there is no ledger."""
    if not ledger.is_file():
        return ()
    with small_database() as connection:
        try:
            rows = connection.execute(_ROUTES, [str(ledger)]).fetchall()
        except duckdb.Error:
            return ()
    return tuple(
        RouteAnswer(name=name, status=status, outcome=str(outcome), detail=detail or "", slowest_ms=slowest)
        for name, status, outcome, detail, slowest in rows
    )


def _trial(trial: TrialSummary) -> Iterator[Fact]:
    found = trial.measurement
    if trial.verdict is Verdict.INVALID or found is None:
        yield Fact(subject="trial", found="; ".join(said(trial.reasons)), fix="mend that first, and check again")
        return
    yield Fact(subject="books", found=f"balance: client and proxy have the same {plural(found.requests, 'request')}")


def _observed(place: Path) -> Mapping[str, str]:
    try:
        with unpacked(place) as folder:
            return observed_settings((folder / JOURNAL).read_bytes())
    except (OSError, RawDataError, UntrustedFileError):
        return {}


def _server(observed: Mapping[str, str]) -> Iterator[Fact]:
    told = {name: observed[name] for name in ("workers", "threads", "model", "listen") if name in observed}
    if told:
        yield Fact(subject="server", found=", ".join(f"{name} {value}" for name, value in told.items()))
    else:
        yield Fact(subject="server", found="it did not tell with how many workers it runs")
    if "debug" in observed:
        is_on = observed["debug"] == "True"
        fix = "turn it off: name the settings of production in application.environment" if is_on else ""
        yield Fact(subject="DEBUG", found=observed["debug"], fix=fix)
    if "mail" in observed:
        # That it is stopped is well: nobody has to do anything.
        yield Fact(subject="mail", found=f"{observed['mail']}; what runs send is thrown away, unless send_mail = true")


def _database(experiment: Experiment, trial: TrialSummary, observed: Mapping[str, str]) -> Iterator[Fact]:
    driver = f", {observed['driver']}" if observed.get("driver") else ""
    found = trial.connections
    kind = database_of(experiment)
    label, existing = kind.label, experiment.database.url
    whose = f"the one that {existing} leads to" if existing else "the run's own"
    if not isinstance(kind, DatabaseSystem):
        told = f"{label}{driver}: the run's own file" if isinstance(kind, DatabaseFile) else f"{label}, as declared"
        yield Fact(subject="database", found=told)
    elif found is None:
        yield Fact(subject="database", found=f"{label}{driver}: nobody saw its connections")
    elif found.peak or found.opened_per_s:
        yield Fact(subject="database", found=f"{label}{driver}: {whose}, with up to {found.peak} connections")
    else:
        yield Fact(
            subject="database",
            found=f"{label}: the site never connected to the run's own",
            fix="does a route use it? else let the settings take it from a variable under application.environment",
        )


def _outside(observed: Mapping[str, str]) -> Iterator[Fact]:
    """Yield what a load would reach beside the run's own: nothing has to be done, but somebody has to know."""
    for name, how in observed.items():
        if name.startswith(_REACHES):
            told = f"{name.removeprefix(_REACHES)} ({how})"
            own = offered(told)
            yield Fact(subject="outside", found=f"a load may reach {told}{f'; {own}' if own else ''}")


def _routes(found: Sequence[RouteAnswer], log: Sequence[str]) -> Iterator[Fact]:
    """Yield a fact for each route; with the first of which the site failed, what its server said last."""
    for answer in found:
        fact, has_failed = _route(answer), (answer.status or 0) >= _FAILED
        if has_failed and log:
            told = "\n".join((f"{fact.found}; its server's last words:", *log))
            fact, log = replace(fact, found=told, fix=missed("\n".join(log)) or fact.fix), ()
        yield fact


def missed(log: str) -> str:
    """Return what to do where a site's last words are that nothing answers at a port of this machine; else nothing."""
    found = _REFUSED.search(log)
    port = int(found["port"] or found["other"]) if found else 0
    if not 0 < port < 65_536:
        return ""
    service = service_at(port)
    own = f', or have one of the run\'s own: services = ["{service.name}"]' if service else ""
    return (
        f"it wants what listens on port {port} of this machine, where a run lets it reach nothing of yours: allow = "
        f'["127.0.0.1:{port}"] under [application]{own}'
    )


def _route(answer: RouteAnswer) -> Fact:
    if answer.is_well:
        slowest = f", at most {answer.slowest_ms:,.0f} ms" if answer.slowest_ms is not None else ""
        return Fact(subject=answer.name, found=f"{answer.status}{slowest}", answer=answer)
    status = f"{answer.status}" if answer.status else "no answer"
    told = f"{status}, {answer.outcome}{f' ({answer.detail})' if answer.detail else ''}"
    return Fact(subject=answer.name, found=told, fix=_fix(answer.status), answer=answer)


def _fix(status: int | None) -> str:
    if status is not None and _REDIRECT <= status < 400:
        return f"{_REDIRECTED}; --drop takes the task out"
    return f"{_FIXES.get(status or 0, _OTHER)} (--drop does)"


def last_words(trial: Path) -> tuple[str, ...]:
    """Return the last lines of a trial's server that tell of a failure; nothing where there is no such log."""
    try:
        with unpacked(trial) as folder:
            text = (folder / SERVER_LOG).read_bytes()[-_MOST_BYTES:].decode("utf-8", "replace")
    except (OSError, RawDataError, UntrustedFileError):
        return ()
    return (last_traceback(text) or tuple(line for line in text.splitlines() if line.strip()))[-MOST_LINES:]


def last_traceback(text: str) -> tuple[str, ...]:
    """Return the last traceback in a log, chained ones as one; nothing where there is none."""
    tracker, last = TracebackTracker(), list[str]()
    lines = last
    for number, line in enumerate(text.splitlines(), start=1):
        if tracker.is_open and not tracker.takes(number, line):
            tracker.finish()
            lines = []
        if not tracker.is_open:
            if not tracker.starts(line):
                continue
            tracker.takes(number, line)
            last = lines = []
        lines.append(line)
    return tuple(line for line in last if line.strip())
