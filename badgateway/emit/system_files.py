"""What belongs to the machine: the kernel's settings, the unit of systemd, and the variables of the site."""

from badgateway import numbers
from badgateway.emit.django_settings import LOGIN
from badgateway.emit.kernel import all_limits
from badgateway.emit.packages import build_packages, runtime_packages
from badgateway.emit.proxy import OPEN_FILES
from badgateway.emit.server_file import argv, made_by
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill
from badgateway.model.masking import HIDDEN

_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@+="
_BARE = f"{_SAFE}%()!&*;?~ "
"""Letters of a value that needs no quotes: systemd and compose take those away, docker run and kubectl do not."""


def kernel_file(subject: Subject) -> str:
    """Return the settings of the kernel."""
    listen, measured = subject.configuration.listen, subject.document.environment.server_somaxconn
    first, *others = all_limits(subject)
    if measured is None:
        basis = "The run has not recorded the machine's own value; this is Linux's since 5.4."
    elif measured < listen:
        basis = f"Measured with {measured}, which had cut the queue that was asked for, {first.basis}."
    else:
        basis = f"Measured with {measured}, {first.basis}."
    return fill(
        "sysctl.conf.j2",
        made_by=made_by(subject),
        name=subject.place.name,
        label=subject.server.label,
        listen=listen,
        basis=basis,
        first=first,
        others=others,
    )


def unit_file(subject: Subject) -> str:
    """Return the unit of systemd."""
    place, deployable = subject.place, subject.deployable
    return fill(
        "unit.service.j2",
        made_by=made_by(subject),
        name=place.name,
        home=place.home,
        packages=" ".join(sorted({*build_packages(subject), *runtime_packages(subject)})),
        label=subject.server.label,
        directory=_of_unit(str(place.application)),
        settings=place.settings,
        environment_file=place.server_file if deployable.is_environment else "",
        argv=" ".join(_of_unit(_quoted(word)).replace("$", "$$") for word in argv(subject)),
        unit=deployable.unit,
        reload=deployable.reload,
        graceful_s=subject.configuration.graceful_stop_s,
        open_files=OPEN_FILES,
        cpu_percent=f"{100 * subject.cpu:.6g}" if subject.cpu else "",
        memory_mb=subject.memory_mb,
    )


def variables_file(subject: Subject) -> str:
    """Return the variables that the site had in the trials and that are no secret."""
    one = subject.configuration
    of_database = {
        "DB_DRIVER": one.driver,
        "DB_CONN_MAX_AGE_S": str(one.conn_max_age_s),
        "DB_POOL_SIZE": str(one.pool),
        "DB_TLS": str(int(one.database_tls)),
    }
    own = {**subject.document.experiment.application.environment, **one.environment}
    values = {name: _value(value) for name, value in sorted(own.items()) if not _is_hidden(value)}
    return fill(
        "site.env.j2",
        made_by=made_by(subject),
        told=_about_variables(subject),
        database={name: _value(value) for name, value in of_database.items()},
        own=values,
        quoted=any(value[:1] in {"'", '"'} for value in values.values()),
        hidden=sorted(name for name, value in own.items() if _is_hidden(value)),
    )


def _about_variables(subject: Subject) -> str:
    folder, has_settings = subject.place.settings, subject.driver is not None and subject.driver.django is not None
    login = f" ({numbers.listed(list(LOGIN.values()))} for django/database.py)" if has_settings else ""
    return (
        f"Goes to {folder}/site.env: what the site had in the trials and is no secret. What is one goes to "
        f"{folder}/secrets.env, which is yours, of mode 600: the database's address, account and password among "
        f"it{login}."
    )


def _is_hidden(value: str) -> bool:
    # A report has neither what is secret by its name, nor passwords in addresses. What a run fills in, such as the
    # address of its database, is something else in a deployment.
    return HIDDEN in value or "${" in value


def _value(text: str) -> str:
    """Return a value of a variable as a file of variables has it."""
    if text == text.strip() and all(letter in _BARE for letter in text):
        return text
    # Between these nothing is escaped, nor filled in; who has one of them needs the others.
    return f"'{text}'" if "'" not in text else _quoted(text)


def _of_unit(text: str) -> str:
    """Return text of a unit, in which % begins what systemd fills in."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """Return a word as a command of systemd's has it."""
    if word and all(letter in _SAFE for letter in word):
        return word
    inside = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'
