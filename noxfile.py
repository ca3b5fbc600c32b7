#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.5", "uv"]
# ///
"""The sessions: each brings the kit's one environment up to date and calls the badgateway command."""

import hashlib
import os
import sys
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
LOCK = ROOT / "constraints" / "kit.txt"


def open_to_all(directory: Path) -> bool:
    """Tell whether an unprivileged account can reach a directory."""
    return all(parent.stat().st_mode & 0o001 for parent in (directory, *directory.parents))


def environment_home() -> Path:
    """Return where the kit's environment goes: .nox, unless the servers' unprivileged account cannot reach it there."""
    if os.geteuid() != 0 or open_to_all(ROOT):
        return ROOT / ".nox"
    return Path("/var/cache/badgateway") / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]


# One environment for all sessions: it takes a minute to compile and serves every one of them.
KIT = environment_home() / "kit"


def configuration_names(experiment: str) -> list[str]:
    """Return the names of an experiment's configurations; the experiment file is their only home."""
    text = (ROOT / "experiments" / f"{experiment}.toml").read_text(encoding="utf-8")
    return [configuration["name"] for configuration in tomllib.loads(text)["configurations"]]


def install(session: nox.Session) -> None:
    """Make the kit's environment what the lock file says; return at once when it already is."""
    stamp = KIT / "installed.txt"
    wanted = (
        f"{sys.version}\n{ROOT}\n"
        + LOCK.read_text(encoding="utf-8")
        + (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    session.log(f"installing the kit's environment in {KIT} (the first time this compiles uWSGI and mysqlclient)")
    python = KIT / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv")) if Path(sys.executable).with_name("uv").exists() else "uv"
    session.run_install(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(KIT), external=True)
    session.run_install(
        uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(LOCK), external=True
    )
    session.run_install(
        uv,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--python",
        str(python),
        "--editable",
        ".",
        external=True,
    )
    stamp.write_text(wanted, encoding="utf-8")


def run(session: nox.Session, command: str, *arguments: str) -> None:
    """Run a command of the kit's environment, with whatever followed -- at the end."""
    install(session)
    # nox kills a session 0.3 s after Ctrl-C; the kit needs longer to stop its servers and keep what it measured.
    session.run(
        str(KIT / "bin" / command),
        *arguments,
        *session.posargs,
        external=True,
        interrupt_timeout=60,
        terminate_timeout=30,
    )


nox.needs_version = ">=2025.5"
nox.options.sessions = ["compare"]
nox.options.default_venv_backend = "none"


@nox.session
def compare(session: nox.Session) -> None:
    """Compare all server configurations, then the Excel exports; print each pick and its report's path."""
    run(session, "badgateway", "run", "experiments/concurrency.toml", "experiments/export.toml")
