"""The pages people read point to things that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("results/reference/**/*.md")]
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_relative_link_leads_somewhere():
    links = [(page, target) for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))]
    relative = [(page, target) for page, target in links if "://" not in target]

    assert relative
    assert [(page, target) for page, target in relative if not (page.parent / target).exists()] == []


def test_the_readme_shows_the_reference_report():
    assert "results/reference/servers-quick/report.md" in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
