"""What an editor or a commit checks is what CI checks; modules are neither long nor tiny, nor do they go in circles."""

import ast
import re
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
LONGEST_README_LINE = 132
LONGEST_LINES, TINY_LINES, MOST_TINY = 300, 40, 15
LONGEST_MEDIAN = 7


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_a_commit_is_checked_by_the_commands_of_the_session_lint():
    session = text("noxfile.py").partition("def lint(")[2].partition("\n\n\n")[0]
    asked = [re.findall(r'"([^"]+)"', call) for call in re.findall(r"run\(session, (.*)\)", session)]
    hooks = re.findall(r"entry: \.nox/kit/bin/(.*)", text(".pre-commit-config.yaml"))

    assert [hook.split() for hook in hooks] == asked
    assert len(asked) == 4


def test_an_editor_and_ruff_agree_on_the_length_of_a_line():
    length = tomllib.loads(text("pyproject.toml"))["tool"]["ruff"]["line-length"]

    assert f"max_line_length = {length}\n" in text(".editorconfig")


def test_no_line_of_the_readme_is_too_long_for_an_editor_beside_another():
    assert [line for line in text("README.md").splitlines() if len(line) > LONGEST_README_LINE] == []


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "badgateway" / "py.typed").exists()


def test_no_module_is_too_long_and_few_are_tiny():
    files = [file for file in (ROOT / "badgateway").rglob("*.py") if file.name != "__init__.py"]
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}

    assert {file: count for file, count in lines.items() if count > LONGEST_LINES} == {}
    tiny = [file for file, count in lines.items() if count < TINY_LINES]
    assert len(tiny) <= MOST_TINY, tiny


@cache
def parsed():
    """Return the engine's modules by their dotted names."""
    files = (ROOT / "badgateway").rglob("*.py")
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    return {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in names.items()}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            # What is imported from a room may be a module of it, and then the room itself is not what is needed.
            each = {f"{node.module}.{one.name}" for one in node.names}
            yield from each & parsed().keys() or {node.module}
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_no_module_imports_itself_by_way_of_others():
    needed = {name: set(imported(tree)) & parsed().keys() - {name} for name, tree in parsed().items()}

    TopologicalSorter(needed).prepare()


def test_most_functions_are_short():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for tree in parsed().values() for node in ast.walk(tree) if isinstance(node, kinds)]

    assert median((node.end_lineno or 0) - node.lineno + 1 for node in functions) <= LONGEST_MEDIAN
