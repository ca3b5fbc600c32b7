"""A site that fails on demand: each address is one fault, with its measure s (seconds) or size (bytes)."""

import hashlib
import os
import signal
import time
from urllib.parse import parse_qs

time.sleep(float(os.environ.get("APP_BOOT_S", "0")))
BLOCK = b"x" * 1000
HOARD: list[bytes] = []


def ok(environ, seconds):
    return []


def sleep(environ, seconds):
    time.sleep(seconds)
    return []


def spin(environ, seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.sha256(BLOCK).hexdigest()
    return []


def burn(environ, seconds):
    """Use so much CPU, however long that takes."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        hashlib.sha256(BLOCK).hexdigest()
    return []


def block_in_c(environ, seconds):
    # Lets go of the interpreter, but no signal handler in Python runs before it returns: as a query of mysqlclient.
    start = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", BLOCK, BLOCK, 200_000)
    hashlib.pbkdf2_hmac("sha256", BLOCK, BLOCK, int(200_000 * seconds / (time.perf_counter() - start)))
    return []


def kill(environ, seconds):
    os.kill(os.getpid(), signal.SIGKILL)


def leave(environ, seconds):
    os._exit(1)


def crash(environ, seconds):
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(5)


def fail(environ, seconds):
    raise ValueError("planted")


def grow(environ, seconds):
    HOARD.append(b"x" * 300_000_000)
    time.sleep(seconds)
    return []


def header(environ, seconds):
    return [("X-Large", "x" * int(environ["size"]))]


FAULTS = {
    f"/{fault.__name__}": fault for fault in (ok, sleep, spin, burn, block_in_c, kill, leave, crash, fail, grow, header)
}


def drip(seconds):
    for _ in range(int(seconds * 10)):
        yield BLOCK
        time.sleep(0.1)


def stall(seconds):
    yield BLOCK
    time.sleep(seconds)
    yield BLOCK


def trip(seconds):
    """Raise before the first piece of the body, after the header was given."""
    if seconds:
        # Granian gives header and body to another thread, and an exception that is as quick as that overtakes both.
        time.sleep(seconds)
        raise ValueError("planted")
    yield b""


BODIES = {"/drip": drip, "/stall": stall, "/trip": trip}


def application(environ, start_response):
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    seconds = float(query.get("s", "0"))
    path = environ["PATH_INFO"]
    if path in BODIES:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(int(seconds * 10_000)))])
        return BODIES[path](seconds)
    headers = FAULTS.get(path, ok)({**environ, **query}, seconds)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3"), *headers])
    return [b"ok\n"]
