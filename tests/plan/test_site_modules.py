"""Which folders of a project its environment imports from, as pip, uv and setuptools install what is developed."""

from pathlib import Path

import pytest

from badgateway.plan.site_modules import developed

FINDER = """from __future__ import annotations
MAPPING: dict[str, str] = {{'shop': '{root}/src/shop', 'tools': '{root}/lib/tools'}}
NAMESPACES: dict[str, list[str]] = {{}}
"""


@pytest.fixture
def root(tmp_path):
    for name in ("src/shop", "lib/tools", ".venv/lib/python3.11/site-packages"):
        (tmp_path / "site" / name).mkdir(parents=True)
    return tmp_path / "site"


def found(root: Path, name: str, text: str) -> list[str]:
    (root / ".venv/lib/python3.11/site-packages" / name).write_text(text)
    return list(map(str, developed(root / ".venv", root)))


@pytest.mark.parametrize(
    ("name", "text", "folders"),
    [
        ("_shop.pth", "{root}/src\n", ["src"]),
        ("shop.pth", "import site\n# a remark\n\n{root}/src\n{root}/lib\n{root}/src\n", ["src", "lib"]),
        ("shop.pth", "../../../../src\n", ["src"]),
        ("__editable___shop_1_0_finder.py", FINDER, ["src", "lib"]),
        # Another project's, the environment's own, and a hook.
        ("other.pth", "/srv/other/src\n", []),
        ("own.pth", "{root}/.venv/lib/python3.11/site-packages/x\n", []),
        ("distutils-precedence.pth", "import os; var = 'SETUPTOOLS'\n", []),
    ],
)
def test_folders_that_an_environment_leads_to_are_found(root, name, text, folders):
    assert found(root, name, text.format(root=root)) == folders
