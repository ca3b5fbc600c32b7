"""A Python file says what it assigns plainly; all else is there and not known, and nothing of it is a default."""

import pytest

from badgateway.servers.options import EVERY, plain_options
from badgateway.servers.python_options import python_options, syntax_fault


def said(text, read=python_options):
    return {name: option.value if option.is_known else None for name, option in read(text).items()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workers = 4\n", {"workers": "4"}),
        ("workers: int = 4\n", {"workers": "4"}),
        ("workers, threads = 2, 8\n", {"workers": "2", "threads": "8"}),
        ("a = workers = 3\n", {"a": "3", "workers": "3"}),
        ("n = 2\nworkers = n * 2 + 1\n", {"n": "2", "workers": "5"}),
        ('workers = int(os.environ.get("W", "4"))\n', {"workers": "4"}),
        ('workers = int(getenv("W", 4))\n', {"workers": "4"}),
        ("workers = multiprocessing.cpu_count() * 2 + 1\n", {"workers": None}),
        ('workers = os.environ["W"]\n', {"workers": None}),
        ("workers = 2\nif big:\n    workers = 40\n", {"workers": None}),
        ("workers = 2\nworkers += 1\n", {"workers": None}),
        ("for threads in range(3):\n    pass\n", {"threads": None}),
        ("try:\n    timeout = 30\nexcept E:\n    timeout = 3\n", {"timeout": None}),
        ("def f():\n    workers = 3\n", {}),
        ("class A:\n    workers = 3\n", {}),
        ("workers = 2\nfrom base import *\n", {"workers": "2", EVERY: None}),
        ('globals()["workers"] = 3\n', {EVERY: None}),
        ("workers = (\n", {}),
    ],
)
def test_what_a_file_says_is_told_and_what_only_a_run_knows_is_not(text, told):
    assert said(text) == told


def test_what_is_no_python_is_told_with_its_line():
    assert "line 2: no Python" in syntax_fault("a = 1\nb = (\n")
    assert syntax_fault("a = 1\n") == ""
    assert syntax_fault("a = '\0'\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("listen = 100\n", {"listen": "100"}),
        ("listen = $(LISTEN)\n", {"listen": None}),
        ("n = 4\nprocesses = %(n)\n", {"n": "4", "processes": None}),
        ("if-env = X\nlisten = 64\nend-if =\nthreads = 2\n", {"listen": None, "threads": "2"}),
        ("ini = other.ini\nlisten = 64\n", {EVERY: None, "listen": "64"}),
    ],
)
def test_an_ini_that_decides_while_it_is_read_does_not_say_what_holds(text, told):
    assert said(text, plain_options) == told
