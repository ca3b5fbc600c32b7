"""Django's settings of the database, as the driver's module spells them."""

import json
import pprint
from collections.abc import Mapping

from badgateway import numbers
from badgateway.databases.database_system import DjangoSettings
from badgateway.emit.evidence import evidence
from badgateway.emit.server_file import made_by
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill

LOGIN = {key: f"DATABASE_{key}" for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
"""The variable of each setting that says which database it is; secrets.env has them."""


def django_file(subject: Subject) -> str:
    """Return what to take over into the site's settings; empty where nobody has said how the driver is spelled."""
    driver, one = subject.driver, subject.configuration
    if driver is None or driver.django is None:
        return ""
    settings = driver.django
    pooled = settings.pool(one.pool) if one.pool and settings.pool else None
    options = {**_options(settings, tls=one.database_tls), **(pooled.options if pooled else {})}
    entry: Mapping[str, object] = pooled.entry if pooled else {}
    return fill(
        "database.py.j2",
        made_by=made_by(subject),
        packages=", ".join((*settings.packages, *(pooled.packages if pooled else ()))),
        first=settings.first,
        login=LOGIN,
        engine=pooled.engine if pooled else settings.engine,
        conn_max_age_s=one.conn_max_age_s,
        age=evidence(subject, "conn_max_age_s").text,
        pool=evidence(subject, "pool").text,
        driver=evidence(subject, "driver").text,
        entry={key: _literal(value) for key, value in entry.items()},
        options=_literal(options),
        connections=connections(subject),
    )


def connections(subject: Subject) -> str:
    """Return how many database connections there may be, how many there were, and how many the database allows."""
    limit, most = subject.document.experiment.database.max_connections, subject.most_connections
    held = [one.database_connections.peak for one in subject.chosen.trials if one.database_connections]
    peaks = [peak for peak in held if peak is not None]
    measured = f"In the trials it held {max(peaks)} at most. " if peaks else "No trial has counted them. "
    allowed = f"The database of the trials allowed {limit}"
    if most is None:
        return f"Nothing limits the connections: each request in flight may hold one. {measured}{allowed}."
    one = f"At most {numbers.plural(most, 'connection')} of one machine with this configuration. {measured}{allowed}"
    machines = limit // most
    if not machines:
        return f"{one}: fewer. Beyond it a request gets an error of the database."
    return f"{one}: enough for {numbers.plural(machines, 'such machine')}."


def _options(settings: DjangoSettings, *, tls: bool) -> Mapping[str, object]:
    return settings.options_with_tls if tls and settings.options_with_tls is not None else settings.options


def _literal(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    return pprint.pformat(value, width=90, sort_dicts=False).replace("'", '"')
