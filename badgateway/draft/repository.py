"""What files a repository has that say how its site is run today; none of them is executed."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from badgateway.plan.project_files import NOT_COPIED
from badgateway.plan.site_modules import ENVIRONMENT_MARK

DEEPEST = 4
MOST_FILES = 50_000
MOST_BYTES = 1_000_000
"""Of a file that is read."""
_LOCKS = {"uv.lock": "uv", "poetry.lock": "Poetry", "Pipfile.lock": "Pipenv", "requirements.txt": "pip"}
_PACKAGE = re.compile(r"""(?:^|["'])\s*([A-Za-z][A-Za-z0-9._-]*)""", re.MULTILINE)
_NAMES = {
    "pyproject.toml",
    "Pipfile",
    "manage.py",
    "Procfile",
    "Dockerfile",
    "wsgi.py",
    "asgi.py",
    "sitemap.xml",
    *_LOCKS,
}
_SUFFIXES = (".service", ".ini", ".conf.py")
_OF_DEVELOPERS = {"local", "dev", "devel", "development"}
"""Folders whose files do not say what is deployed, if others do."""
_TESTS = ("tests", "test", "testing", "docs", "doc", "examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A folder, and the files in it that tell of the site; paths are relative to it, the nearest to its top first."""

    root: Path
    files: tuple[PurePosixPath, ...]
    environments: tuple[PurePosixPath, ...]
    """Folders that are Python environments."""
    served_in: PurePosixPath | None = None
    """The folder that a server is started in, where its command says so."""

    def named(self, *names: str) -> tuple[PurePosixPath, ...]:
        """Return the files with one of these names, or that end so where a name begins with a dot."""
        return tuple(
            file for name in names for file in self.files if name == (file.suffix if name[0] == "." else file.name)
        )

    def text(self, file: PurePosixPath) -> str:
        """Return what is in a file; empty where it cannot be read as text."""
        try:
            with (self.root / file).open("rb") as content:
                return content.read(MOST_BYTES).decode("utf-8-sig", "replace")
        except OSError:
            return ""

    @property
    def manage(self) -> PurePosixPath | None:
        """The manage.py that is nearest to the top; None where there is none."""
        return next(iter(self.named("manage.py")), None)

    @property
    def directory(self) -> PurePosixPath:
        """The folder that a server is started in."""
        if self.served_in is not None:
            return self.served_in
        return self.manage.parent if self.manage else PurePosixPath()

    @property
    def manage_inside(self) -> str:
        """The manage.py as it is called from there; empty where there is none."""
        return str(self.manage.relative_to(self.directory)) if self.manage else ""

    @property
    def installer(self) -> str:
        """What its packages are installed with, as far as a file says so."""
        return next((tool for name, tool in _LOCKS.items() if self.named(name)), "")

    @property
    def required(self) -> tuple[str, ...]:
        """The names of packages that its files ask for, in small letters; none of what they take in turn."""
        named = {*self.named("requirements.txt", "pyproject.toml", "Pipfile"), *filter(_lists_packages, self.files)}
        texts = (self.text(file) for file in self.files if file in named)
        found = (name.lower().replace("_", "-") for text in texts for name in _PACKAGE.findall(text))
        return tuple(dict.fromkeys(found))

    @property
    def modules(self) -> tuple[str, ...]:
        """What a server may load, by the names of files: the likeliest first, as modules of `directory`."""
        inside = [file for file in self.named("wsgi.py", "asgi.py") if file.is_relative_to(self.directory)]
        dotted = [".".join(file.relative_to(self.directory).with_suffix("").parts) for file in inside]
        plain = ("app", "main", "application", "run", "server")
        packages = sorted(
            file.parent.name
            for file in self.root.glob(f"{self.directory}/*/__init__.py")
            if file.parent.name not in _TESTS
        )
        inner = [f"{package}.{name}" for package in packages for name in plain if self._has(f"{package}/{name}")]
        return tuple(dict.fromkeys((*dotted, *(name for name in plain if self._has(name)), *packages, *inner)))

    def _has(self, module: str) -> bool:
        return (self.root / self.directory / f"{module}.py").is_file()


def look(root: Path) -> Repository:
    """Look through a repository; what is installed in it is no part of it."""
    environments: list[PurePosixPath] = []
    files: list[PurePosixPath] = []
    for folder, names in _folders(root, environments):
        here = (folder / name for name in names)
        files += (one for one in here if one.name in _NAMES or one.name.endswith(_SUFFIXES) or _lists_packages(one))
    ordered = sorted(files, key=lambda file: (len(file.parts), bool(_OF_DEVELOPERS & {*file.parts}), str(file)))
    return Repository(root=root, files=tuple(ordered), environments=tuple(environments))


def _lists_packages(file: PurePosixPath) -> bool:
    """Tell whether a file may list packages for pip: requirements-prod.txt, requirements/production.txt."""
    is_one = file.suffix == ".txt" and (file.name.startswith("requirements") or file.parent.name == "requirements")
    words = {*re.split(r"[-_.]", file.stem), *file.parts[:-1]}
    return is_one and not words & {*_OF_DEVELOPERS, *_TESTS, "lint", "ci"}


def _folders(root: Path, environments: list[PurePosixPath]) -> Iterator[tuple[PurePosixPath, list[str]]]:
    seen = 0
    for folder, folders, names in os.walk(root):
        here = PurePosixPath(Path(folder).relative_to(root))
        if ENVIRONMENT_MARK in names:
            environments.append(here)
            folders.clear()
            continue
        # One that is a link, as to an environment of Poetry's: into links nobody goes.
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        environments += [here / name for name in linked if (Path(folder) / name / ENVIRONMENT_MARK).is_file()]
        is_deepest = len(here.parts) >= DEEPEST
        folders[:] = [] if is_deepest else sorted(name for name in folders if _is_looked_into(name))
        seen += len(names)
        if seen > MOST_FILES:
            return
        yield here, sorted(names)


def _is_looked_into(name: str) -> bool:
    return name in {".venv", ".env", ".virtualenv"} or not (
        name.startswith(".") or name in {*NOT_COPIED, "site-packages", *_TESTS}
    )
