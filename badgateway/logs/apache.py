"""How Apache's error log is read, and what it answers where mod_wsgi or mod_proxy gave up."""

from badgateway.servers.line_format import epoch_s, extracted

_HEAD = r"\[\w{3} (\w{3} \d\d \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\] \[(?:[\w.]*:)?(\w+)\] "
LOOKS_LIKE_APACHE_ERROR = rf".{{0,80}}?{_HEAD}(?:\[pid \d+|\[client |\S)"
APACHE_TIME = epoch_s(f"{extracted(_HEAD, group=1)} || ' ' || {extracted(_HEAD, group=2)}", "%b %d %H:%M:%S %Y")
APACHE_LEVEL = extracted(_HEAD, group=3)
APACHE_MESSAGE = extracted(rf"{_HEAD}(.*)", group=4)

APACHE_CRASH = r"AH0005[12]: child pid (\d+) exit signal [^(]+ \((\d+)\)"
"""A process of its own that ended, a daemon of mod_wsgi's among them; the groups are its number and the signal."""

# What Apache answers where the module has given up; its lines name no request but the last.
APACHE_STATUS = """
CASE
    WHEN contains(line, 'Timeout when reading response headers from daemon process') THEN 504
    WHEN contains(line, 'Unable to connect to WSGI daemon process') THEN 503
    WHEN contains(line, 'Truncated or oversized response headers received from daemon process') THEN 500
    WHEN regexp_matches(line, 'AH00957|AH01114|AH02454|failed to make connection to backend') THEN 503
    WHEN regexp_matches(line, 'AH01102|AH00898|Error reading from remote server') THEN 502
END
"""
