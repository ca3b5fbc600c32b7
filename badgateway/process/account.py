"""The unprivileged account that daemons run under when the kit itself runs as root."""

import grp
import os
import pwd
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from badgateway.errors import DeploymentError

CANDIDATES = ("www-data", "nginx", "http", "nobody")
"""The web server's account on Debian, Fedora and Arch, and the one that exists everywhere."""
MAPPED_GROUPS = Path("/proc/self/gid_map")
"""Which group ids exist here: in a container without root they are few."""
RARE_GROUPS = range(1_900_000_000, 2_100_000_000)
"""Ids that no system gives to a group, above those of containers: a drawn one is no file's and no process's."""
FEW_GROUPS = range(61_184, 65_520)
"""What systemd draws from for such a purpose, where the others do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a child process is."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    """Its supplementary groups."""


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


def with_own_group(account: Account | None) -> Account | None:
    """Return the account with a first group that nobody else is in, and its own as a supplementary one.

    The user id alone keeps nobody out: any other process of the account has it too. A folder that only this group may
    enter is closed to those, and so are /proc/PID/cwd, /proc/PID/environ and ptrace of the processes in the group.
    """
    return None if account is None else replace(account, gid=_unused_group(), groups=(account.gid, *account.groups))


def step_down(folder: Path | None) -> None:
    """Become the service account, for good, with the group of a folder of root's to pass through; nothing without root.

    The first group is nobody else's: other processes of the account cannot look into this one.
    """
    account = with_own_group(service_account())
    if account is not None:
        os.setgroups([folder.stat().st_gid] if folder else [])
        os.setgid(account.gid)
        os.setuid(account.uid)


def _unused_group() -> int:
    candidates = RARE_GROUPS if _exist(RARE_GROUPS) else FEW_GROUPS
    while True:
        gid = candidates[secrets.randbelow(len(candidates))]
        try:
            grp.getgrgid(gid)
        except KeyError:
            return gid


def _exist(groups: range) -> bool:
    if not MAPPED_GROUPS.exists():
        return False
    lines = (line.split() for line in MAPPED_GROUPS.read_text(encoding="ascii").splitlines())
    return any(int(first) <= groups[0] and groups[-1] < int(first) + int(count) for first, _, count in lines)


def hand_over(path: Path, account: Account | None) -> None:
    """Make the account the owner of the path itself, not of what is in it nor of what a link leads to."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def hand_over_all(folder: Path, account: Account | None) -> None:
    """Make the account the owner of a folder and all that is in it, the folder itself last."""
    if account is None:
        return
    for _, folders, files, descriptor in os.fwalk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(name, account.uid, account.gid, dir_fd=descriptor, follow_symlinks=False)
    hand_over(folder, account)


def make_passage(folder: Path, account: Account | None) -> None:
    """Make a folder that stays the kit's own: the account's group may pass through to a name it knows, and no more."""
    folder.mkdir(mode=0o700)
    open_passage(folder, account)


def open_passage(folder: Path, account: Account | None) -> None:
    """Let the account's group pass through a folder of the kit's own."""
    if account is not None:
        os.chown(folder, -1, account.gid, follow_symlinks=False)
        folder.chmod(0o710)


def write_for(account: Account | None, path: Path, text: str) -> None:
    """Write a new file that the account can read and only the kit can change.

    Raises:
        FileExistsError: there is something of that name.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if account is not None:
            os.fchown(descriptor, -1, account.gid)
            os.fchmod(descriptor, 0o640)
        file.write(text)


_HOMES_OF_ROOT = (Path("/root"), Path("/var/root"))


def unreachable_parent(path: Path, account: Account | None) -> Path | None:
    """Return the first directory on the way to path that the account may not enter, or None.

    Symbolic links count on both sides: the way as written and the way it leads to.
    """
    if account is None:
        return None
    return next((parent for parent in _way_to(path) if parent.exists() and not _may_enter(parent, account)), None)


def remedy_of_closed(closed: Path, what: str) -> str:
    """Return what to do about a folder that an account may not enter: root's own is closed for good reason."""
    elsewhere = f"put {what} elsewhere, such as below /srv"
    return elsewhere if closed in _HOMES_OF_ROOT else f"let it (chmod o+x {closed}), or {elsewhere}"


def changeable_by(account: Account | None, path: Path) -> Path | None:
    """Return the first folder on the way to path, or path itself, that the account could change, or None.

    Who can change a folder can put another thing in place of what is in it.
    """
    if account is None:
        return None
    way = (*_way_to(path), path.absolute(), path.resolve())
    return next((place for place in way if place.exists() and _may_change(place, account)), None)


def _way_to(path: Path) -> tuple[Path, ...]:
    as_written, as_led = path.absolute(), path.resolve()
    return (*reversed(as_written.parents), *reversed(as_led.parents))


def _may_change(place: Path, account: Account) -> bool:
    status = place.stat()
    groups = {account.gid, *account.groups}
    # In a folder such as /tmp, everybody may add things, and nobody take those of others away.
    shared = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    by_group = status.st_gid in groups and status.st_mode & stat.S_IWGRP
    return status.st_uid == account.uid or bool((by_group or status.st_mode & stat.S_IWOTH) and not shared)


def _may_enter(directory: Path, account: Account) -> bool:
    status = directory.stat()
    # The kernel looks at one class only: an owner without x is refused even where others have it.
    if status.st_uid == account.uid:
        needed = stat.S_IXUSR
    elif status.st_gid in {account.gid, *account.groups}:
        needed = stat.S_IXGRP
    else:
        needed = stat.S_IXOTH
    return account.uid == 0 or bool(status.st_mode & needed)
