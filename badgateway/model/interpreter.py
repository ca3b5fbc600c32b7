"""A Python interpreter and what is installed for it: the kit's own, or that of a site."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 8)
"""What runs inside of a site's own Python needs this much; see servers/journal.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """One interpreter, in one environment."""

    program: Path
    """As it is started: a link of an environment is not followed, or it would be another environment."""
    implementation: str
    version: str
    tag: str
    """What its compiled modules are named after: those of another one with the same tag can be imported."""
    prefix: Path
    """The folder of its environment."""
    packages: Mapping[str, str]
    """The version of each installed distribution, by its normalized name."""

    @property
    def label(self) -> str:
        """Name and version: CPython 3.12.1."""
        return f"{self.implementation} {self.version}"

    def fits(self, other: "Interpreter") -> bool:
        """Tell whether it can import what is installed for another one."""
        return (self.implementation, self.tag) == (other.implementation, other.tag)

    def version_of(self, distribution: str) -> str | None:
        """Return the version of a distribution; None when it is not installed."""
        return self.packages.get(normalized(distribution))

    def lacks(self, distributions: Iterable[str]) -> list[str]:
        """Return those that are not installed, each once, in their order."""
        return [one for one in dict.fromkeys(distributions) if self.version_of(one) is None]

    def installing(self, distribution: str) -> str:
        """Return the command that installs a distribution there."""
        # What uv makes has no pip in it.
        pip = f"{self.program} -m pip install" if "pip" in self.packages else f"uv pip install --python {self.program}"
        return f"{pip} {distribution}"


def normalized(distribution: str) -> str:
    """Return the name of a distribution as it is compared."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
