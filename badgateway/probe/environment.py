"""What machine this is and which versions run on it; nothing that tells whose machine it is."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import psutil

from badgateway.databases.registry import database_systems, databases
from badgateway.model.interpreter import Interpreter
from badgateway.model.manifest import Environment
from badgateway.plan.programs import database_program
from badgateway.process.interpreter import kits_own
from badgateway.servers.registry import servers

DISTRIBUTIONS = ("django", "xlsxwriter")
"""The packages of a site whose versions matter whatever runs it; each server and each driver has its own."""
OF_THE_KIT = ("duckdb", "locust")
"""What loads the site and counts."""
PROXY = ("nginx", ("nginx", "-v"), re.compile(r"nginx/(\d[\w.]*)"))
"""Name in the report, argv that prints the version, and where the version is in what it prints."""

DAEMON_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/opt/homebrew/sbin")
"""Where daemons are installed and a user's PATH often does not lead."""

NOT_INSTALLED = "not installed"
UNKNOWN = "unknown"
PROGRAM_DEADLINE_S = 10.0


def read_environment(account_name: str, site: Interpreter | None = None) -> Environment:
    """Return machine and versions.

    Args:
        account_name: Whose processes the servers will be.
        site: The interpreter of the site; None is the kit's own.
    """
    interpreter = site or kits_own()
    return Environment(
        system=_system(),
        cpu=_cpu(),
        cores=_cores(),
        memory_bytes=psutil.virtual_memory().total,
        python=interpreter.label,
        somaxconn=somaxconn(),
        account=account_name,
        versions=tuple(sorted((*_library_versions(interpreter), *_program_versions()))),
    )


def _system() -> str:
    kernel = f"{platform.system()} {platform.release()}"
    if platform.system() == "Darwin":
        return f"{kernel}, macOS {platform.mac_ver()[0]}"
    try:
        return f"{kernel}, {platform.freedesktop_os_release()['PRETTY_NAME']}"
    except (OSError, KeyError):
        return kernel


def _cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    text = cpuinfo.read_text(errors="replace") if cpuinfo.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    # ARM's cpuinfo names no model, and macOS has no cpuinfo.
    named = found[1] if found else _printed_by(("sysctl", "-n", "machdep.cpu.brand_string"))
    return named.strip() if named else f"{UNKNOWN} {platform.machine()}"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def somaxconn(setting: Path = Path("/proc/sys/net/core/somaxconn")) -> int | None:
    """Return the kernel's ceiling for every accept queue here; None where there is no such setting."""
    text = setting.read_text() if setting.exists() else _printed_by(("sysctl", "-n", "kern.ipc.somaxconn"))
    return int(text) if text and text.strip().isdecimal() else None


def _library_versions(site: Interpreter) -> list[tuple[str, str]]:
    of_servers = {name for server in servers() for name in server.distributions}
    of_drivers = {driver.distribution for system in databases() for driver in system.drivers} - {""}
    kits = kits_own()
    # A server that the site's environment lacks is lent by the kit, where that can be.
    lent = {name: kits.version_of(name) for name in site.lacks(of_servers)} if site.fits(kits) else {}
    own = {name: kits.version_of(name) for name in OF_THE_KIT}
    its = {name: site.version_of(name) for name in {*DISTRIBUTIONS, *of_servers, *of_drivers}}
    return [(name, version or NOT_INSTALLED) for name, version in {**its, **lent, **own}.items()]


def _program_versions() -> list[tuple[str, str]]:
    # Where it is not installed, neither is it under its first name.
    found = [(one, str(database_program(one) or one.programs[0])) for one in database_systems()]
    servers = [(one.name, (program, "--version"), one.version) for one, program in found]
    return [(name, _program_version(argv, pattern)) for name, argv, pattern in (*servers, PROXY)]


def _program_version(argv: tuple[str, ...], pattern: re.Pattern[str]) -> str:
    printed = _printed_by(argv)
    if printed is None:
        return NOT_INSTALLED
    found = pattern.search(printed)
    return found[1] if found else UNKNOWN


def _printed_by(argv: tuple[str, ...]) -> str | None:
    """Return stdout and stderr of the program; None when there is no such program, empty when it failed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *DAEMON_FOLDERS))
    program = shutil.which(argv[0], path=path)
    if program is None:
        return None
    try:
        # nginx prints its version to stderr.
        return subprocess.run(
            (program, *argv[1:]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PROGRAM_DEADLINE_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
