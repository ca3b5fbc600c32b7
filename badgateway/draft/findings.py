"""Says what was found of a site, one line each, with where it is from and what to do about it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.databases.registry import databases
from badgateway.draft import settings_file
from badgateway.draft.candidates import driver_of, system_of
from badgateway.draft.draft import Draft
from badgateway.draft.serving import serving
from badgateway.draft.variables import MADE_UP
from badgateway.numbers import listed, plural
from badgateway.servers.registry import servers

_MOST_REASONS = 4
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
    kind = system.label
    yield Finding(
        subject="database",
        found=f"{kind}{f', {driver.name}' if driver else ''}; a run makes its own",
        source="the settings",
        remedy="" if draft.variables.leads_to_database or not found.host else _no_way(found.place),
    )


def known_databases() -> str:
    """Return what a site may have, in words."""
    *most, last = [one.label for one in databases() if one.engines]
    return f"{', '.join(most)} and {last}"


def _no_way(place: str) -> str:
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
        yield Finding(subject="today", found="no file says how the site is served", remedy=remedy)
    else:
        absent = ", ".join(draft.today.unknown)
        remedy = f"write into the command what {absent} stands for" if absent else ""
        if not remedy and draft.today.left_out:
            remedy = f"not copied: the values of {listed(draft.today.left_out)}; a run gives its own"
        if not remedy and draft.server is None:
            remedy = (
                'its settings could not be read, so there is no baseline; give one that does the same: --command "..."'
            )
        yield Finding(subject="today", found=draft.today.command, source=draft.today.source, remedy=remedy)
    if draft.server:
        names = ("workers", "threads", "greenlets", "listen")
        settings = draft.server.settings
        numbers = ", ".join(f"{name} {settings[name]}" for name in names if name in settings)
        yield Finding(subject="today", found=numbers, source="what the command and its file say")
    for one in draft.candidates:
        yield Finding(subject="candidate", found=f"{one.name} ({plural(one.workers, 'worker')})", source=one.file)
    for other in draft.left_out:
        yield Finding(subject="left out", found=_because(other.name, other.why))


def _outside(draft: Draft) -> Iterator[Finding]:
    for one in draft.site.tried:
        tried = f"it tried to reach {one.address} while it was loaded"
        yield Finding(subject="outside", found=tried, source=one.by or "a library")
    for name, value in draft.site.remote.items():
        yield Finding(subject="outside", found=f"a load may reach {name} ({value})", source="the settings")


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
    yield Finding(subject="load", found=_because(f"{', '.join(sizes)} {unit}", levels.source))
