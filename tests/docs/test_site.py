"""The site that is made of the pages; whether Sphinx can make it, the session docs tells."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = runpy.run_path(str(ROOT / "docs" / "site" / "conf.py"))


def test_every_page_has_its_place_in_the_contents():
    first, catalogue = SITE["contents"](), SITE["causes"]()
    pages = {f"docs/{name}" for name in ("causes/index", *(page.stem for page in (ROOT / "docs").glob("*.md")))}
    listed = re.findall(r"^((?:docs|results)/\S+|[A-Z]+)$", first, re.MULTILINE)

    assert pages <= set(listed)
    assert len(listed) == len(set(listed))
    assert all((ROOT / f"{name}.md").exists() for name in listed)
    assert catalogue.count("\n") >= len(list((ROOT / "docs" / "causes").glob("*.md"))) - 1


@pytest.mark.parametrize(
    ("page", "written", "made"),
    [
        ("README.md", "[explain](docs/explain.md)", "[explain](docs/explain.md)"),
        (
            "README.md",
            "[a report](results/reference/servers-quick/report.md)",
            "[a report](results/reference/servers-quick/report.html)",
        ),
        (
            "docs/the-502-ladder.md",
            "[it](../results/reference/concurrency/report.html)",
            "[it](../results/reference/concurrency/report.html)",
        ),
        ("docs/how-to.md", "[causes](../badgateway/causes)", "causes"),
        ("docs/how-to.md", "[a file](../servers/uwsgi.ini)", "[a file](../servers/uwsgi.ini)"),
        ("docs/how-to.md", "[a list](architecture.md#a-report)", "[a list](architecture.md#a-report)"),
        ("docs/how-to.md", "[elsewhere](https://example.org/x)", "[elsewhere](https://example.org/x)"),
    ],
)
def test_links_lead_to_pages_or_copies_and_folders_are_only_named(page, written, made):
    assert SITE["LINK"].sub(lambda link: SITE["led"](ROOT / page, link), written) == made
