"""Says which files of a site a run copies: what git knows; outside of git all, but neither secrets nor environments."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from badgateway.errors import ConfigurationError
from badgateway.model.masking import is_secret_file
from badgateway.model.printable import printable_part
from badgateway.plan.programs import search_path
from badgateway.plan.project_files import git_folder, not_copied
from badgateway.plan.site_modules import ENVIRONMENT_MARK

DEADLINE_S = 60.0
RESULTS = "results"
"""Earlier results lie in the project's own folder; deeper, it is a name as any."""
_NO_REPOSITORY = b"not a git repository"
"""What git says of a folder that only has the name of one."""
_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
# A repository's own configuration may name programs that git starts to see what has changed. Whose it is does not
# matter then: root mostly looks at one of somebody else's, which git would refuse to list.
_HARMLESS = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


def copied_files(folder: Path, copy: Sequence[str] = (), *, within: Path | None = None) -> tuple[PurePosixPath, ...]:
    """Return the files to be copied, by their paths in folder, in the order of names.

    Of links to folders, the files in them; a link that leads out of the project is there as itself.

    Args:
        folder: The application's.
        copy: Files and folders in it that are copied although git ignores them; as patterns.
        within: The project, where that is more than the folder.

    Raises:
        ConfigurationError: git cannot tell, or there is nothing of a pattern, or what it asks for is never copied.
    """
    walk = _Walk(folder=folder, within=(within or folder).resolve())
    known = walk.listed(_known_to_git(folder)) if git_folder(folder) else ()
    # A folder that git ignores as a whole is no part of the repository that it happens to be in.
    found = set(known) or set(walk.below(PurePosixPath()))
    for pattern in copy:
        found.update(_asked_for(walk, pattern))
    return tuple(sorted(found))


def _known_to_git(folder: Path) -> Iterable[PurePosixPath]:
    environment = {"PATH": search_path(), "HOME": os.devnull, "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        told = subprocess.run(
            ("git", *_HARMLESS, "-C", str(folder), *_LIST),
            env=environment,
            capture_output=True,
            timeout=DEADLINE_S,
            check=True,
        ).stdout
    except FileNotFoundError:
        return ()
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", b"") or str(error).encode()
        if _NO_REPOSITORY in why:
            return ()
        raise ConfigurationError(
            f"application.directory: git cannot tell which files are of {folder}; mend the repository: "
            f"{printable_part(why.decode(errors='replace').strip())}"
        ) from error
    paths = (PurePosixPath(os.fsdecode(path)) for path in told.split(b"\0") if path)
    return [path for path in paths if path.parts[0] != RESULTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Goes through a folder, and not out of the project that it is in."""

    folder: Path
    within: Path

    def listed(self, paths: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
        """Yield the files, and those in what is a folder: of another repository inside, or of a link."""
        environments: dict[PurePosixPath, bool] = {}
        for path in paths:
            # Git takes a link to one for a file.
            inside = (_is_environment(self.folder, place, environments) for place in (path, *path.parents))
            if is_secret_file(path.name) or any(inside):
                continue
            if (self.folder / path).is_dir() and not self._leads_out(path):
                yield from self.below(path)
            elif (self.folder / path).exists():
                yield path

    def below(self, start: PurePosixPath) -> Iterator[PurePosixPath]:
        """Yield what is in a folder."""
        for place, folders, files in os.walk(self.folder / start, followlinks=True):
            inside = PurePosixPath(Path(place).relative_to(self.folder))
            left_out = not_copied(Path(place), (*folders, *files))
            if Path(place) == self.folder:
                left_out.add(RESULTS)
            out = [name for name in folders if name not in left_out and self._leads_out(inside / name)]
            kept = (name for name in folders if name not in left_out and name not in out)
            folders[:] = [name for name in kept if not _leads_back(Path(place), name)]
            yield from (inside / name for name in out)
            yield from (
                inside / name for name in files if name not in left_out and (self.folder / inside / name).exists()
            )

    def _leads_out(self, path: PurePosixPath) -> bool:
        link = self.folder / path
        return link.is_symlink() and not link.resolve().is_relative_to(self.within)


def _is_environment(folder: Path, path: PurePosixPath, known: dict[PurePosixPath, bool]) -> bool:
    if path not in known:
        known[path] = (folder / path / ENVIRONMENT_MARK).is_file()
    return known[path]


def _leads_back(place: Path, name: str) -> bool:
    path = place / name
    return path.is_symlink() and place.resolve().is_relative_to(path.resolve())


def _asked_for(walk: _Walk, pattern: str) -> Iterator[PurePosixPath]:
    folder = walk.folder
    found = [PurePosixPath(place.relative_to(folder)) for place in folder.glob(pattern)]
    if not found:
        raise ConfigurationError(f"application.copy: there is no {pattern} in {folder}; take it out")
    for path in found:
        if any(is_secret_file(part) for part in path.parts):
            raise ConfigurationError(
                f"application.copy: {path} may name a database of yours, so it is never copied; give the site its "
                "variables in [application.environment]"
            )
        if (folder / path).is_dir():
            yield from walk.below(path)
        else:
            yield path
