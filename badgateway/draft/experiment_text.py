"""Writes the experiment file of a site: what runs today, the kit's candidates, and why each line is as it is."""

import re
from collections.abc import Iterator, Sequence

from badgateway.databases.database_kind import DatabaseKind
from badgateway.draft.candidates import LISTEN, THREADS, Candidate, driver_of, system_of
from badgateway.draft.draft import LOCUST_FILE, Draft
from badgateway.draft.prepare import prepare_steps
from badgateway.draft.serving import serving
from badgateway.draft.toml import Value, line, spelled
from badgateway.draft.variables import OF_RUN, is_drawn
from badgateway.model.declared import is_set_by_a_run
from badgateway.model.knob import WorkerModel
from badgateway.model.printable import printable
from badgateway.numbers import listed

OBJECTIVE_P95_MS = 1000
OBJECTIVE_FAILURES = 0.01
BUDGET_S = 600
PROXY_READ_S = 60
NOT_MEASURED = "chosen by the kit, not measured"
CHOSEN = f"{NOT_MEASURED}: change it to what your users need"
_OF_LOG = "; requests/s of the log: "
_CHOSEN_USERS = re.compile(rf"^users = \[[\d, ]+\]\s+# {NOT_MEASURED}(?:{_OF_LOG}([\d., ]+))?$", re.MULTILINE)


def experiment_text(draft: Draft) -> str:
    """Return the text of the experiment file."""
    parts = (_head, _load, _application, _environment, _database, _configurations)
    return "\n\n".join("\n".join(part(draft)) for part in parts) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    yield "# Written by badgateway init; change it as you like. Values of secrets are in none of its lines."
    yield line("name", draft.name)
    yield line("question", f"Which server configuration should {draft.name} run?")


def _load(draft: Draft) -> Iterator[str]:
    yield "[load]"
    yield line("locustfile", str(LOCUST_FILE), f"from {draft.workload.source}")
    if draft.levels.rates_per_s:
        yield line("rates_per_s", draft.levels.rates_per_s, draft.levels.source)
    else:
        rates = ", ".join(f"{one:g}" for one in draft.levels.of_log)
        yield line("users", draft.levels.users, f"{draft.levels.source}{_OF_LOG if rates else ''}{rates}")
    if draft.site.has_sessions:
        yield '# login = "sessions"  # users begin logged in, each with a session that is made before'
    yield line("warm_up_s", 2)
    yield line("window_s", 5)
    yield ""
    yield "[objective]"
    yield line("max_failure_share", OBJECTIVE_FAILURES, CHOSEN)
    yield line("p95_ms", OBJECTIVE_P95_MS, CHOSEN)
    yield ""
    yield from _timeouts(draft)
    yield ""
    yield "[study]"
    yield line("budget_s", BUDGET_S)


def _timeouts(draft: Draft) -> Iterator[str]:
    """Yield the limits: today's of the server, and nginx's own."""
    limit_s = draft.server.limit_s if draft.server else None
    why = "as today" if limit_s else "none today: longer than nginx waits"
    yield "[timeouts]"
    yield line("app_s", limit_s or PROXY_READ_S - 1, why)
    yield line("proxy_read_s", PROXY_READ_S, "nginx's default")
    yield line("client_s", PROXY_READ_S + 5)
    if limit_s and limit_s >= PROXY_READ_S:
        yield line("any_order", value=True)


def _application(draft: Draft) -> Iterator[str]:
    site, served = draft.site, serving(draft.site)
    yield "[application]"
    yield line("directory", str(draft.repository.directory))
    yield line("python", draft.python.program, draft.python.source)
    if site.is_async:
        yield line("asgi", site.target)
    yield line("wsgi", site.target)
    if served.host:
        yield line("host", served.host, "one of ALLOWED_HOSTS")
    if served.scheme != "http":
        yield line("scheme", served.scheme, "the settings redirect to it, or have cookies for it alone")
    yield line("health", {"path": served.health_path, "status": served.health_statuses})
    paths = [folder for _, folder in draft.today.paths] if draft.today and not draft.today.why_not else []
    steps = prepare_steps(draft.site, draft.repository, paths)
    yield line("prepare", [step.argv for step in steps if step.is_known])
    for step in steps:
        if not step.is_known:
            yield f"# also there: {spelled(step.argv)}"
    yield from _confirmation(draft)
    static = {path: folder for path, folder in served.static if _is_there(draft, folder)}
    if static:
        yield line("static", static, "served by nginx, as in production")


def _confirmation(draft: Draft) -> Iterator[str]:
    """Yield what the user may confirm of a site whose settings nobody can look at before a run."""
    if draft.variables.fixed:
        fixed = listed(draft.variables.fixed)
        yield f"# Only half of the way to the database is led by variables: {fixed} is not. A run reaches its own"
        yield "# database by variables alone: let the site take all from some, then badgateway init --force."
        return
    names = [name for name, value in draft.variables.values.items() if OF_RUN in value]
    if draft.site.kind != "django" and names:
        yield f"# Take it in where the machine gives no network of its own: {line('database_variables', names)}"


def _is_there(draft: Draft, folder: str) -> bool:
    """Tell whether a folder of static files is in the repository, or made by a command of Django's."""
    repository = draft.repository
    return draft.site.kind == "django" or (repository.root / repository.directory / folder).is_dir()


def _environment(draft: Draft) -> Iterator[str]:
    yield "[application.environment]"
    for name, value in draft.variables.values.items():
        if not is_set_by_a_run(name):
            yield line(name, value, draft.variables.reasons.get(name, ""))
    if of_run := [name for name in draft.variables.values if is_set_by_a_run(name)]:
        yield "# A run sets these by itself: " + ", ".join(of_run)
    if draft.unset:
        yield "# The site asks for these too, and does without: " + ", ".join(draft.unset)


def _database(draft: Draft) -> Iterator[str]:
    site = draft.site
    system, driver, found = system_of(site), driver_of(site), site.database
    yield "[database]"
    if system is None:
        yield line("system", "none", "the site shows none" if found is None else f"{found.engine}: none that is known")
        return
    yield line(
        "system",
        system.name,
        f"by {found.source}: {found.engine}; a run has a {system.label} of its own{_stand_in(system)}" if found else "",
    )
    if name := driver.name if driver else found.driver if found else "":
        yield line("driver", name)


def _stand_in(system: DatabaseKind) -> str:
    return f", for a site on {system.stands_for} too: leave it so only if that will do" if system.stands_for else ""


def _configurations(draft: Draft) -> Iterator[str]:
    if draft.today is None:
        why = draft.unread or "No file of the repository says how it is served today"
        yield f"# {printable(why)}: the first one is no baseline of yours."
    elif draft.server is None:
        yield f"# {draft.today.source} says `{printable(draft.today.command)}`, which is no baseline here:"
        yield f"# {printable(draft.why_not)}."
    else:
        yield "[[configurations]]"
        yield line("name", "today")
        yield line("baseline", value=True)
        # Its numbers are not declared: the server tells them.
        yield line("command", draft.today.command, draft.today.source)
        if draft.today.variables:
            yield line("environment", draft.today.variables, f"as {draft.today.source} sets it")
        yield line("note", f"{draft.today.command} ({draft.today.source})")
    for one in draft.candidates:
        yield ""
        yield from _candidate(one)
    for other in draft.left_out:
        yield ""
        yield f"# No {other.name}: {other.why}."


def _candidate(one: Candidate) -> Iterator[str]:
    yield "[[configurations]]"
    yield line("name", one.name)
    yield line("server", one.file)
    yield line("workers", one.workers)
    if one.model is WorkerModel.THREADS:
        yield line("threads", THREADS)
    if one.model is WorkerModel.GREENLETS:
        yield line("greenlets", THREADS * 2)
    yield line("listen", LISTEN)
    yield line("note", one.note)


def with_measured_users(text: str, users: Sequence[int], why: str) -> str:
    """Return an experiment file with measured levels in place of those that init chose; unchanged where it has none."""
    measured = line("users", tuple(users), printable(why))
    return _CHOSEN_USERS.sub(lambda _: measured, text, count=1)


def rates_of_log(text: str) -> tuple[float, ...]:
    """Return the requests a second of a log, which the levels that init chose stand for; empty where there are none."""
    found = _CHOSEN_USERS.search(text)
    return tuple(map(float, found[1].split(","))) if found and found[1] else ()


def secrets_in(draft: Draft) -> tuple[str, ...]:
    """Return the variables that are secret by their names and have a value in the file; there are none."""
    return tuple(
        name for name, value in draft.variables.values.items() if is_drawn(name) and not value.startswith("${")
    )


__all__ = ["Value", "experiment_text", "secrets_in"]
