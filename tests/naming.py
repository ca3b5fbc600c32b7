"""Finds where the engine names what only a module of its own may name, and what the docs say that a new one takes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "badgateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Those of one kind, such as servers."""

    words: re.Pattern[str]
    own: frozenset[str]
    """The modules that are about one of them, by their paths in the engine."""
    allowed: frozenset[str]
    """How the paths of all others begin that may name one."""

    def elsewhere(self) -> dict[str, list[str]]:
        """Return the names in modules that may have none."""
        others = [file for file in sorted(ENGINE.rglob("*.py")) if not self._may_be_in(_path(file))]
        return {_path(file): found for file in others if (found := list(self._in_code(file)))}

    def are_at(self, allowed: str) -> bool:
        """Tell whether a path that may name one does."""
        return any(list(self._in_code(file)) for file in ENGINE.rglob("*.py") if _path(file).startswith(allowed))

    def in_templates(self) -> list[str]:
        """Return the templates of reports that name one."""
        templates = [file for pattern in ("*.j2", "*.css") for file in (ENGINE / "report").rglob(pattern)]
        assert templates
        return [_path(file) for file in templates if self.words.search(file.read_text())]

    def _may_be_in(self, path: str) -> bool:
        return path in self.own or path.startswith(tuple(self.allowed))

    def _in_code(self, file: Path) -> Iterator[str]:
        """Yield each name and text of a module that has one in it, docstrings and comments left out."""
        text = file.read_text()
        # To read it as Python takes ten times as long.
        tree = ast.parse(text if self.words.search(text) else "")
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            words = [getattr(node, field, None) for field in ("id", "attr", "name", "arg", "module")]
            if isinstance(node, ast.Constant) and id(node) not in told:
                words.append(node.value)
            yield from (word for word in words if isinstance(word, str) and self.words.search(word))


def steps(heading: str) -> list[str]:
    """Return the places that docs/architecture.md lists under a heading."""
    section = (ROOT / "docs" / "architecture.md").read_text().partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. `([^`]+)`", section, re.MULTILINE)


def _path(file: Path) -> str:
    return str(file.relative_to(ENGINE))
