"""The lines by which applications, libraries and the kernel tell of themselves under any server."""

import re
from typing import Final

from badgateway.logs.server_lines import kernel_line
from badgateway.model.evidence import LogKind, ServerEvent
from badgateway.servers.log import ServerLog, rules

APPLICATION_RULES: Final = rules(
    (
        ServerEvent.LATE_MONKEY_PATCH,
        r"DatabaseWrapper objects created in a thread can only be used in that same thread",
    ),
    (ServerEvent.LATE_MONKEY_PATCH, r"MonkeyPatchWarning: "),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"""\(1040, ['"]Too many connections"""),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"FATAL: +(?:sorry, too many clients already|remaining connection slots)"),
    (ServerEvent.DB_POOL_EXHAUSTED, r"QueuePool limit of size (?P<value>\d+) overflow \d+ reached"),
    (ServerEvent.DB_CONNECTION_LOST, r"""\((?:2006|2013|4031), ['"](?:MySQL|Server|Lost|The client)"""),
    (
        ServerEvent.DB_CONNECTION_LOST,
        r"(?:Operational|Interface)Error: .*server closed the connection unexpectedly",
    ),
    (ServerEvent.DB_CONNECTION_LOST, r"InterfaceError: connection already closed"),
    (ServerEvent.DB_POOL_EXHAUSTED, r"PoolTimeout: couldn't get a connection after"),
)
"""What the application or a library of it writes, under any server."""

KERNEL: Final = ServerLog(
    kind=LogKind.KERNEL,
    example="[Fri Dec  6 14:48:56 2024] Out of memory: Killed process 8 (python3) total-vm:208060kB, anon-rss:64296kB",
    own=re.compile(r'[^"]{0,80}?(?:(?:Memory cgroup out|Out) of memory: Kill(?:ed)? process \d|oom-kill:constraint=)'),
    line=kernel_line,
    rules=rules(
        (
            ServerEvent.OUT_OF_MEMORY,
            r"(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process (?P<pid>\d+) \((?P<uri>[^)]*)\)",
        ),
    ),
)
"""The kernel's log is read as a server's: it tells of processes."""
