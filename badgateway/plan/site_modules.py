"""Finds whether there is a module that a site's server would load, by files alone: nothing of the site is imported."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from badgateway.model.file_text import text_of
from badgateway.model.printable import printable

ENVIRONMENT_MARK = "pyvenv.cfg"
"""What a Python environment has, whatever the name of its folder."""
_MAPPING = re.compile(r"^MAPPING\b[^=]*=\s*(\{[^}]*\})", re.MULTILINE)
_IN_QUOTES = re.compile(r"""['"](/[^'"]+)['"]""")
_SYSTEMS_TOO = "include-system-site-packages = true"


def module_fault(target: str, folder: Path, python: Path | None) -> str:
    """Return why a server would not find a module; empty where it would, or nobody can tell.

    Args:
        target: The module and its object.
        folder: Where the server is started.
        python: The site's own interpreter; None is the kit's.
    """
    package, *inner = target.partition(":")[0].split(".")
    if not _has(folder, package):
        # One that is installed: what is deeper inside it is its own matter.
        is_elsewhere = any(_has(place, package) for place in _beside(folder))
        if is_elsewhere or (_may_have(python, package) if python else find_spec(package)):
            return ""
        where = f", nor in {printable(str(python.parent.parent))}" if python else ""
        return f"no module {package} in {_word(folder)}{where}; {target} is looked for there"
    module = folder.joinpath(package, *inner)
    if module.with_name(f"{module.name}.py").is_file() or (module / "__init__.py").is_file():
        return ""
    return f"no such file: {_word(module)}.py; {target} is looked for in application.directory"


def developed(home: Path, root: Path) -> tuple[PurePosixPath, ...]:
    """Return the folders of a project from which an environment imports packages that are developed there.

    They are installed by their paths, so what is imported of them is the project's own, wherever a copy of it lies.

    Args:
        home: The environment's.
        root: The project's.
    """
    inside, own = root.resolve(), home.resolve()
    places = (place for packages in home.glob("lib*/python*/site-packages") for place in _led_to(packages))
    found = (place for place in places if place.is_relative_to(inside) and not place.is_relative_to(own))
    return tuple(dict.fromkeys(PurePosixPath(place.relative_to(inside)) for place in found))


def _led_to(packages: Path) -> Iterator[Path]:
    """Yield the folders that are searched for modules too because a file beside the packages says so."""
    for file in sorted(packages.glob("*.pth")):
        lines = (line.strip() for line in text_of(file).splitlines())
        yield from ((packages / line).resolve() for line in lines if line and not line.startswith(("#", "import ")))
    for finder in sorted(packages.glob("__editable__*finder.py")):
        # As setuptools writes it: each package with its folder.
        for place in _IN_QUOTES.findall("".join(_MAPPING.findall(text_of(finder)))):
            yield Path(place).resolve().parent


def _has(folder: Path, package: str) -> bool:
    return (folder / package).is_dir() or (folder / f"{package}.py").is_file()


def _beside(folder: Path) -> list[Path]:
    # A command, or the file that it reads, may name another folder, such as src.
    return [place for place in folder.iterdir() if place.is_dir() and not place.name.startswith(".")]


def _may_have(python: Path, package: str) -> bool:
    """Tell whether an interpreter may have a package; of one that is in no environment of its own, nobody can tell."""
    home = python.parent.parent
    mark = home / ENVIRONMENT_MARK
    places = list(home.glob("lib*/python*/site-packages"))
    if not places or not mark.is_file() or _SYSTEMS_TOO in text_of(mark).lower():
        return True
    return any(_is_in(place, package) for place in places)


def _is_in(place: Path, package: str) -> bool:
    """Tell whether a folder of packages has one: itself, or by a file that leads to where it is developed."""
    if (place / package).is_dir() or any(place.glob(f"{package}.*")):
        return True
    if any(package in text_of(finder) for finder in place.glob("__editable__*")):
        return True
    lines = [line.strip() for file in place.glob("*.pth") for line in text_of(file).splitlines()]
    return any(_has(place / line, package) for line in lines if line and not line.startswith(("#", "import ")))


def _word(path: Path) -> str:
    return printable(str(path))
