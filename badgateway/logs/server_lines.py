"""What an application's logger and the kernel put in front of their messages."""

import re

from badgateway.servers.log import ServerLine, ctime_s, epoch_s, stamped_line

_LOGGED = re.compile(r"\[?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)?( [+-]\d{4})?\]? ")


def logged_line(line: str, utc_offset_s: float) -> ServerLine:
    """Read the date, and the pid where its form has one, of a line that an application's logger wrote."""
    stamped = stamped_line(line, utc_offset_s)
    match = _LOGGED.match(line)
    if stamped.has_prefix or match is None:
        return stamped
    written_s = epoch_s(match[1] + (match[2] or " +00:00"))
    local = match[2] is None and written_s is not None
    return ServerLine(text=line, time_s=written_s - utc_offset_s if local and written_s else written_s)


_DMESG = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\] ")


def kernel_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off the date of `dmesg -T`; what else stands before the kernel's words is left to who knows prefixes."""
    match = _DMESG.match(line)
    local_s = ctime_s(*match.groups()) if match else None
    return ServerLine(text=line, time_s=None if local_s is None else local_s - utc_offset_s, has_prefix=True)


def bare_line(line: str, utc_offset_s: float) -> ServerLine:
    """Take a line whose time stands in its prefix alone."""
    del utc_offset_s
    return ServerLine(text=line, has_prefix=True)
