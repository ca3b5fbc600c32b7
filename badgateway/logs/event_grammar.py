"""The lines by which applications, libraries and the kernel tell of themselves under any server."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from badgateway.databases.registry import databases
from badgateway.logs.database_logs import database_logs
from badgateway.logs.supervisors import supervisor_logs
from badgateway.model.evidence import ServerEvent
from badgateway.model.log_kind import LogKind
from badgateway.servers.log import MONTH, Rule, ServerLine, ServerLog, ctime_s, logged_line, rules
from badgateway.servers.registry import servers

# Each begins with fixed letters, for which a line is looked through in no time.
_OF_APPLICATIONS = (
    # To localhost it mostly says that a container has no ::1, and that nothing listens at 127.0.0.1 either; without an
    # address it may be one of IPv6, which the machine does not have.
    (ServerEvent.NO_LOCAL_PORT, r"Error 99 connecting to [\d.]+:\d+\."),
    (ServerEvent.NO_LOCAL_ADDRESS, r"Error 99 connecting to (?!localhost:)[^\s:]+:\d+\."),
    (ServerEvent.NO_LOCAL_ADDRESS, r"OSError: \[Errno 99\] Cannot assign requested address"),
    (ServerEvent.SERVICE_UNREACHABLE, r"redis\.exceptions\.(?:Connection|Timeout)Error: "),
    (ServerEvent.SERVICE_UNREACHABLE, r"django_redis\.exceptions\.ConnectionInterrupted: "),
    (ServerEvent.SERVICE_UNREACHABLE, r"kombu\.exceptions\.OperationalError: "),
    (ServerEvent.SERVICE_UNREACHABLE, r"requests\.exceptions\.(?:ConnectionError|ConnectTimeout|ReadTimeout): "),
    (ServerEvent.SERVICE_UNREACHABLE, r"httpx\.(?:ConnectError|ConnectTimeout|ReadTimeout)\b"),
    (
        ServerEvent.SERVICE_UNREACHABLE,
        r"botocore\.exceptions\.(?:EndpointConnection|(?:Connect|Read)Timeout)Error: ",
    ),
    (ServerEvent.SERVICE_UNREACHABLE, r"pymongo\.errors\.(?:ServerSelectionTimeoutError|AutoReconnect): "),
    (ServerEvent.SERVICE_UNREACHABLE, r"ConnectionRefusedError: \[Errno 111\] "),
    (ServerEvent.DISK_FULL, r"OSError: \[Errno 28\] "),
    (ServerEvent.OUT_OF_FILES, r"OSError: \[Errno 24\] "),
    (ServerEvent.STATIC_FILE_UNKNOWN, r"Missing staticfiles manifest entry for "),
    # Not one of a library's own, such as of a graphics card.
    (ServerEvent.MEMORY_ERROR, r"^MemoryError(?:: |$)"),
)


@cache
def application_rules() -> tuple[Rule, ...]:
    """Return what the application or a library of it writes, under any server.

    Raises:
        ConfigurationError: Another package's database cannot be loaded.
    """
    return rules(
        (
            ServerEvent.LATE_MONKEY_PATCH,
            r"DatabaseWrapper objects created in a thread can only be used in that same thread",
        ),
        (ServerEvent.LATE_MONKEY_PATCH, r"MonkeyPatchWarning: "),
        *(text for system in databases() for text in system.error_texts),
        *_OF_APPLICATIONS,
    )


HANDLED: Final = re.compile(
    r"(?:(?:Internal Server Error|Service Unavailable|Bad Request|Not Found): |"
    r"Exception on (?=\S* \[[A-Z]+\]$))(?P<uri>/\S*)(?: \[[A-Z]+\])?$"
)
"""What Django's logger `django.request`, or Flask's, writes of an exception that became an answer."""

_DMESG = re.compile(rf"\[[^\W\d_]{{1,4}}\.? ({MONTH}) +(\d+) (\d\d:\d\d:\d\d) (\d{{4}})\] ")


def _kernel_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off the date of `dmesg -T`; what else stands before the kernel's words is left to who knows prefixes."""
    match = _DMESG.match(line)
    local_s = ctime_s(*match.groups()) if match else None
    return ServerLine(text=line, time_s=None if local_s is None else local_s - utc_offset_s, has_prefix=True)


def _bare_line(line: str, utc_offset_s: float) -> ServerLine:
    """Take a line whose time stands in its prefix alone."""
    del utc_offset_s
    return ServerLine(text=line, has_prefix=True)


_PROGRAMS = "|".join([*(server.name for server in servers()), "python", "hypercorn", "daphne"])
_OUT_OF_MEMORY = "(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process "
_CRASHED = "(?:: segfault at | general protection fault)"

KERNEL: Final = ServerLog(
    kind=LogKind.KERNEL,
    example="[Fri Dec  6 14:48:56 2024] Out of memory: Killed process 8 (python3) total-vm:208060kB, anon-rss:64296kB",
    own=re.compile(rf'[^"]{{0,80}}?(?:{_OUT_OF_MEMORY}\d|oom-kill:constraint=|\S+\[\d+\]{_CRASHED})'),
    line=_kernel_line,
    rules=rules(
        (ServerEvent.OUT_OF_MEMORY, rf"{_OUT_OF_MEMORY}(?P<pid>\d+) \((?P<uri>[^)]*)\)"),
        # Of other programs it says nothing about a request.
        (ServerEvent.WORKER_CRASHED, rf"\b(?P<uri>(?:{_PROGRAMS})[^\s\[]*)\[(?P<pid>\d+)\]{_CRASHED}"),
    ),
)

HEROKU_DYNO: Final = ServerLog(
    kind=LogKind.HEROKU_DYNO,
    example="2024-12-06T14:48:56.878824+00:00 heroku[web.1]: Error R15 (Memory quota vastly exceeded)",
    own=re.compile(
        r".{0,80}?(?:Error R\d\d \(|State changed from \w+ to \w+|Process running mem=\d|Process exited with status \d|"
        r"Stopping (?:all )?process(?:es)? with SIG|Starting process with command `)"
    ),
    line=_bare_line,
    rules=rules(
        (ServerEvent.SERVER_STARTED, r"Starting process with command `"),
        # R14 says that memory is swapped out, which ends nothing.
        (ServerEvent.OUT_OF_MEMORY, r"Error R15 \(Memory quota vastly exceeded\)"),
    ),
)

APPLICATION: Final = ServerLog(
    kind=LogKind.APPLICATION,
    example="[2024-12-06 14:48:56,192] ERROR [django.request:248] Internal Server Error: /big",
    own=re.compile(
        r".{0,120}?(?:Internal Server Error|Service Unavailable): /\S*$|Traceback \(most recent call last\):$"
    ),
    words=("Internal Server Error: ", "Service Unavailable: ", "Traceback (most recent call last):"),
    line=logged_line,
    rules=(),
    is_common=True,
)


@cache
def machine_logs() -> Mapping[str, ServerLog]:
    """Return the logs that are read as a server's, by their kinds: they tell of processes too.

    Raises:
        ConfigurationError: Another package's database cannot be loaded.
    """
    own = {each.kind: each for each in (KERNEL, HEROKU_DYNO, APPLICATION)}
    return {**own, **supervisor_logs(), **database_logs()}
