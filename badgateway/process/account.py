"""The unprivileged account that daemons run under when the kit itself runs as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import DeploymentError

CANDIDATES = ("www-data", "nginx", "http", "nobody")
"""The web server's account on Debian, Fedora and Arch, and the one that exists everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a child process is; it gets no supplementary groups."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Return the account daemons shall run under, or None when the kit is not root and so cannot change it.

    Raises:
        DeploymentError: the kit is root, and the machine has none of the accounts; nothing is run as root instead.
    """
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = next((known[name] for name in CANDIDATES if name in known), None)
    if found is None:
        raise DeploymentError(
            f"no account to run servers under: none of {', '.join(CANDIDATES)} exists; add one of them"
        )
    return Account(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid)


def hand_over(path: Path, account: Account | None) -> None:
    """Make the account the owner of the path itself, not of what is in it; without an account nothing changes."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def unreachable_parent(path: Path, account: Account | None) -> Path | None:
    """Return the first directory on the way to path that the account may not enter, or None.

    Symbolic links count on both sides: the way as written and the way it leads to.
    """
    if account is None:
        return None
    as_written, as_led = path.absolute(), path.resolve()
    way = (*reversed(as_written.parents), *reversed(as_led.parents))
    return next((parent for parent in way if parent.exists() and not _may_enter(parent, account)), None)


def _may_enter(directory: Path, account: Account) -> bool:
    status = directory.stat()
    # The kernel looks at one class only: an owner without x is refused even where others have it.
    if status.st_uid == account.uid:
        needed = stat.S_IXUSR
    elif status.st_gid == account.gid:
        needed = stat.S_IXGRP
    else:
        needed = stat.S_IXOTH
    return account.uid == 0 or bool(status.st_mode & needed)
