"""How Sphinx makes a site of the project's own pages, as they are: `nox -s docs`, then open build/docs/index.html.

README is the first page. Pages link to files of the repository, as on any host of it; what is no page is copied beside
the site, so that it can be read without a network, and a folder is named without a link.
"""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = PACKAGE["name"]
version = release = PACKAGE["version"]
html_title = f"{project} {version}"
author = ""
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/*/*.md", "results/reference/*.md"]
exclude_patterns = [".*", "app", "badgateway", "benchmarks", "build", "tests", "results/[!r]*"]
myst_heading_anchors = 4
html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

CONTENTS = """

```{{toctree}}
:hidden:
:caption: {caption}
{pages}
```
"""
USE = ("explain", "own-site", "badgateway-toml", "reading-a-report", "deploy-the-answer", "gate", "watch", "advise")
FOUND = ("the-502-ladder", "the-504-ladder", "causes/index", "worker-checks", "performance")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)]*)?\)")


def contents() -> str:
    """Return the hidden contents of the first page: every page has its place in the margin."""
    others = [str(page.relative_to(ROOT / "docs").with_suffix("")) for page in sorted((ROOT / "docs").glob("*.md"))]
    kept = [name for name in others if name not in {*USE, *FOUND}]
    kept_results = [f"results/reference/{page.stem}" for page in sorted((ROOT / "results" / "reference").glob("*.md"))]
    decisions = [f"docs/decisions/{page.stem}" for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    parts = {
        "Use": [f"docs/{name}" for name in USE],
        "What was found": [*(f"docs/{name}" for name in FOUND), *kept_results],
        "How it works": [f"docs/{name}" for name in kept],
        "Decisions": decisions,
        "Project": ["CHANGELOG", "CONTRIBUTING", "SECURITY"],
    }
    return "".join(CONTENTS.format(caption=name, pages="\n".join(pages)) for name, pages in parts.items())


def causes() -> str:
    """Return the hidden contents of the catalogue."""
    pages = sorted(page.stem for page in (ROOT / "docs" / "causes").glob("*.md") if page.stem != "index")
    return CONTENTS.format(caption="Causes", pages="\n".join(pages))


def led(page: Path, link: re.Match[str]) -> str:
    """Return a link as it is to be on the site: a report leads to its page, a folder is only named."""
    text, target, anchor = link[1], link[2], link[3] or ""
    there = (page.parent / target).resolve()
    if "://" in target or not there.exists():
        return link[0]
    if there.is_dir():
        return text
    is_report = there.suffix == ".md" and there.with_suffix(".html").exists()
    return f"[{text}]({target.removesuffix('.md')}.html)" if is_report else f"[{text}]({target}{anchor})"


def read(_app: Any, name: str, source: list[str]) -> None:
    """Prepare the text of a page."""
    page = ROOT / f"{name}.md"
    text = LINK.sub(lambda link: led(page, link), source[0])
    source[0] = text + {root_doc: contents, "docs/causes/index": causes}.get(name, str)()


def finish(app: Any, error: Exception | None) -> None:
    """Give the first page the name that a browser looks for."""
    if error is None:
        shutil.copy(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def setup(app: Any) -> None:
    """Have Sphinx call these."""
    app.connect("source-read", read)
    app.connect("build-finished", finish)
