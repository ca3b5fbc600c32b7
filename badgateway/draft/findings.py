"""Says what was found of a site, one line each, with where it is from and what to do about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.databases.registry import databases
from badgateway.draft import settings_file
from badgateway.draft.candidates import driver_of, system_of
from badgateway.draft.draft import Draft, Levels
from badgateway.draft.experiment_text import CHOSEN, OBJECTIVE_FAILURES, OBJECTIVE_P95_MS
from badgateway.draft.inspected import FoundDatabase
from badgateway.draft.serving import serving
from badgateway.draft.settings_file import is_served
from badgateway.draft.today import Today
from badgateway.draft.variables import MADE_UP, fixed_parts
from badgateway.numbers import declared_milliseconds, declared_percent, listed, plural
from badgateway.plan.services import offered
from badgateway.servers.registry import servers

_MOST_REASONS = 4
_MAIL = "EMAIL_HOST"
_SEND = "what pages send under load is thrown away, unless send_mail = true under [application]"
_FRAMEWORKS = ("django", "wagtail", "djangorestframework", "flask", "fastapi", "starlette")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fact of the site."""

    subject: str
    found: str
    source: str = ""
    remedy: str = ""
    """What is to be done; empty where nothing is."""


def findings(draft: Draft) -> Iterator[Finding]:
    """Yield what was found, in the order in which it was looked for."""
    for part in (_site, _settings, _database, _variables, _today, _outside, _users):
        yield from part(draft)


def _site(draft: Draft) -> Iterator[Finding]:
    site, repository = draft.site, draft.repository
    source = f"{draft.python.source}{f', packages by {repository.installer}' if repository.installer else ''}"
    yield Finding(subject="python", found=f"{draft.python.program} ({site.python})", source=source)
    versions = ", ".join(f"{name} {site.packages[name]}" for name in _FRAMEWORKS if name in site.packages)
    source = str(repository.manage) if repository.manage else "loaded as a server does"
    yield Finding(subject="site", found=f"{site.target}{f' ({versions})' if versions else ''}", source=source)
    if not draft.is_apart:
        yield Finding(
            subject="network",
            found="the site was loaded without a network of its own, under an audit hook alone",
            remedy="what is written in C can pass it: allow user namespaces to have it apart",
        )


def _settings(draft: Draft) -> Iterator[Finding]:
    site, served = draft.site, serving(draft.site)
    if site.settings_module:
        found, remedy = draft.settings or site.settings_module, _other_settings(draft)
        yield Finding(subject="settings", found=found, source=draft.settings_source, remedy=remedy)
    if draft.settings_text:
        yield Finding(subject="settings", found=f"{settings_file.FILE}: those, changed for runs alone")
    if site.debug:
        yield Finding(
            subject="DEBUG",
            found="True",
            remedy="no figure of it holds for production, and a run refuses it; name the settings that production has "
            "in DJANGO_SETTINGS_MODULE under [application.environment]",
        )
    if served.host or served.scheme != "http":
        where = f"{served.scheme}://{served.host or '127.0.0.1'}"
        yield Finding(subject="address", found=where, source="ALLOWED_HOSTS and what is for HTTPS alone")
    if site.is_redirected and not site.proxy_ssl_header:
        yield Finding(
            subject="HTTPS",
            found="SECURE_SSL_REDIRECT without SECURE_PROXY_SSL_HEADER",
            remedy="behind a proxy the site redirects for ever; set SECURE_PROXY_SSL_HEADER",
        )


def _other_settings(draft: Draft) -> str:
    """Say that the site starts with other settings where nobody names any; empty where it does not."""
    if not draft.settings_otherwise:
        return ""
    name = draft.settings_otherwise
    return (
        f"manage.py and {draft.site.target.partition(':')[0]} have {name} where nobody names others; a run has "
        f"{draft.settings}, as production should; if that is not what you deploy, name what is in "
        "DJANGO_SETTINGS_MODULE and look again"
    )


def _database(draft: Draft) -> Iterator[Finding]:
    found, system, driver = draft.site.database, system_of(draft.site), driver_of(draft.site)
    if found is None:
        told = "none that the site shows, so a run has none; if there is one, fill in [database]"
        yield Finding(subject="database", found=told, source="the settings")
        return
    if system is None:
        served = known_databases()
        remedy = f"a run has {served} alone, so this site cannot be run; if it has one of them, fill in [database]"
        yield Finding(subject="database", found=found.engine, source="the settings", remedy=remedy)
        return
    kind, stands_for = system.label, system.stands_for
    name = driver.name if driver else found.driver
    stand_in = f", which stands in for {stands_for} where the site is on that" if stands_for else ""
    yield Finding(
        subject="database",
        found=f"{kind}{f', {name}' if name else ''}; a run makes its own{stand_in}",
        source=found.source,
        remedy=_way(draft, found),
    )
    for other in draft.site.databases:
        if other is not found and is_served(other) and fixed_parts(other):
            yield Finding(subject="database", found=f"{other.alias}, too", source="the settings", remedy=_no_way(other))


def known_databases() -> str:
    """Return what a site may have, in words."""
    *most, last = [one.label for one in databases() if one.engines]
    return f"{', '.join(most)} and {last}"


def _way(draft: Draft, found: FoundDatabase) -> str:
    """Say what is to be done for the site to find the run's database; empty where nothing is."""
    variables = draft.variables
    if variables.leads_to_database or not is_served(found):
        return ""
    return _half_a_way(variables.fixed, found) if variables.fixed else _no_way(found)


def _half_a_way(fixed: tuple[str, ...], found: FoundDatabase) -> str:
    values = {"host": found.host, "port": found.port, "name": found.name, "user": found.user}
    told = listed([f"{part} ({values[part]})" if values.get(part) else part for part in fixed])
    names = [f"DB_{part.upper()}" for part in fixed if part in values or part == "password"]
    such_as = f", such as {listed(names)}" if names else ""
    return (
        f"variables lead half of the way: {told} come from none, so the site would reach another database than the "
        f"run's, or none; let the settings take them from variables too{such_as}, and look again"
    )


def _no_way(found: FoundDatabase) -> str:
    place = found.place if found.host else f"{found.name or 'the database'} on a socket of this machine"
    return f"no variable leads away from {place}: a run refuses that; let the settings take it from a variable"


def _variables(draft: Draft) -> Iterator[Finding]:
    for name, value in draft.variables.values.items():
        why = draft.variables.reasons.get(name, "")
        remedy = "look at it" if why == MADE_UP else ""
        yield Finding(subject="variable", found=_because(f"{name} = {value}", why), remedy=remedy)


def _because(found: str, why: str) -> str:
    return f"{found}  ({why})" if why else found


def _example() -> str:
    """Return the program of a server whose commands can be measured as they are."""
    return next(server.name for server in servers() if server.own_command)


def _today(draft: Draft) -> Iterator[Finding]:
    if draft.today is None:
        remedy = f'give it: --command "{_example()} mysite.wsgi"'
        yield Finding(subject="today", found=draft.unread or "no file says how the site is served", remedy=remedy)
    else:
        yield Finding(
            subject="today", found=draft.today.command, source=draft.today.source, remedy=_remedy(draft, draft.today)
        )
        yield from _around(draft.unread, draft.today)
    if draft.server:
        names = ("workers", "threads", "greenlets", "listen")
        settings = draft.server.settings
        numbers = ", ".join(f"{name} {settings[name]}" for name in names if name in settings)
        yield Finding(subject="today", found=numbers, source="what the command and its file say")
    for one in draft.candidates:
        yield Finding(subject="candidate", found=f"{one.name} ({plural(one.workers, 'worker')})", source=one.file)
    for other in draft.left_out:
        yield Finding(subject="left out", found=_because(other.name, other.why))


def _around(unread: str, today: Today) -> Iterator[Finding]:
    """Yield what stands around the command: its variables, and the line that would count before it."""
    for name, value in today.variables.items():
        yield Finding(subject="today", found=f"{name} = {value}", source=today.source)
    if today.others:
        remedy = "the baseline has them not; name under [application.environment] what the site needs of them"
        yield Finding(subject="today", found=f"it sets {listed(today.others)}", source=today.source, remedy=remedy)
    if unread:
        remedy = f'if that is more than what {today.source} says, give it: --command "..."'
        yield Finding(subject="today", found=unread, remedy=remedy)


def _remedy(draft: Draft, today: Today) -> str:
    """Say what is to be done about what runs today; empty where nothing is."""
    if today.unknown:
        return f"write into the command what {', '.join(today.unknown)} stands for"
    if draft.server is None:
        return f'{draft.why_not}; so there is no baseline: give what serves the site as it is here: --command "..."'
    return f"not copied: the values of {listed(today.left_out)}; a run gives its own" if today.left_out else ""


def _outside(draft: Draft) -> Iterator[Finding]:
    for one in draft.site.tried:
        tried = f"it tried to reach {one.address} while it was loaded"
        yield Finding(subject="outside", found=tried, source=one.by or "a library")
    for name, value in draft.site.remote.items():
        told = f"a load may reach {name} ({value})"
        remedy = _SEND if name == _MAIL else offered(f"{name} {value}")
        yield Finding(subject="outside", found=told, source="the settings", remedy=remedy)


def _users(draft: Draft) -> Iterator[Finding]:
    workload = draft.workload
    left_out = Counter(one.why for one in workload.not_sent)
    why = "; ".join(f"{count} x {reason}" for reason, count in left_out.most_common(_MOST_REASONS))
    yield Finding(
        subject="workload",
        found=f"{plural(len(workload.tasks), 'route')}, {len(workload.not_sent)} left out{f' ({why})' if why else ''}",
        source=workload.source,
    )
    levels = draft.levels
    sizes = [f"{one:g}" for one in levels.rates_per_s or levels.users]
    unit = "tasks/s" if levels.rates_per_s else "users"
    yield Finding(subject="load", found=_because(f"{', '.join(sizes)} {unit}", levels.source), remedy=_of_log(levels))
    limits = (
        f"at most {declared_percent(OBJECTIVE_FAILURES)} fail, p95 within {declared_milliseconds(OBJECTIVE_P95_MS)}"
    )
    yield Finding(subject="objective", found=_because(limits, CHOSEN))


def _of_log(levels: Levels) -> str:
    """Say which rates a log has, where they can be none of the levels; empty where there are none."""
    if not levels.of_log:
        return ""
    rates = ", ".join(f"{one:g}" for one in levels.of_log)
    return (
        f"the log has {rates} requests/s; your own Locust file takes numbers of users: badgateway check measures how "
        "many of them make these rates"
    )
