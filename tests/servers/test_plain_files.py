"""Server files without the kit's variables: what is filled in, and what is refused."""

from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.servers.deployable import Filling
from badgateway.servers.environment_file import plain_environment
from badgateway.servers.plain_ini import plain_ini
from badgateway.servers.plain_python import plain_python
from badgateway.servers.registry import servers

VALUES = {"WEB_WORKERS": "16", "WEB_LAZY": "1", "WEB_BIND": "/run/web.sock", "WEB_STATS": None}


def filling(**remarks: str) -> Filling:
    return Filling(values=VALUES, remarks={name: (text,) for name, text in remarks.items()}, header=("made",))


def ini(text: str, **remarks: str) -> str:
    return plain_ini(text, filling(**remarks), single=("processes", "listen")).text


def python(text: str, **remarks: str) -> str:
    return plain_python(text, filling(**remarks)).text


def test_of_an_option_that_is_given_twice_the_one_that_counts_stays_in_the_place_of_the_first():
    block = "if-env = WEB_WORKERS\nprocesses = %(_)\nend-if =\n"
    text = f"; how to start\n\n[uwsgi]\n; why\nprocesses = 2\n{block}master = true\n"

    assert ini(text, WEB_WORKERS="chosen") == "; made\n[uwsgi]\n; why\n; chosen\nprocesses = 16\nmaster = true\n"


def test_of_an_option_that_may_be_given_twice_both_stay():
    text = "[uwsgi]\nsocket = :1\nif-env = WEB_BIND\nsocket = %(_)\nend-if =\n"

    assert ini(text) == "; made\n[uwsgi]\nsocket = :1\nsocket = /run/web.sock\n"


def test_a_block_for_a_variable_that_is_not_set_goes_with_its_comment():
    text = "[uwsgi]\na = 1\n\n; about stats\nif-env = WEB_STATS\nstats = %(_)\nend-if =\n\n; about b\nb = 2\n"

    assert ini(text) == "; made\n[uwsgi]\na = 1\n\n; about b\nb = 2\n"


def test_a_block_for_what_is_not_set_otherwise_stays_only_then():
    text = "[uwsgi]\nif-not-env = WEB_BIND\nsocket = :1\nend-if =\nif-not-env = WEB_STATS\nnone = 1\nend-if =\n"

    assert ini(text) == "; made\n[uwsgi]\nnone = 1\n"


def test_blocks_of_the_sites_own_stay_as_they_are():
    text = "[uwsgi]\nif-env = SITE_DEBUG\npy-autoreload = %(_)\nend-if =\nif-file = x\nenv = a=%(_)\nendif =\n"

    assert ini(text) == f"; made\n{text}"


def test_a_percent_sign_in_a_value_is_one_in_the_file():
    taken = plain_ini("[uwsgi]\nif-env = WEB_A\nb = %(_)\nend-if =\n", Filling(values={"WEB_A": "5%"}), single=())

    assert taken.text == "[uwsgi]\nb = 5%%\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[uwsgi]\nif-env = WEB_WORKERS\nprocesses = %(_)\n", "line 3: WEB_WORKERS"),
        ("[uwsgi]\nend-if =\n", "line 2: end-if"),
        ("[uwsgi]\nprocesses = $(WEB_UNKNOWN)\n", "line 2: WEB_UNKNOWN"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_with_its_line(text, line):
    with pytest.raises(ConfigurationError, match=line):
        ini(text)


def test_a_variable_in_the_middle_of_an_option_is_filled_in():
    assert ini("[uwsgi]\nprocesses = $(WEB_WORKERS)\n") == "; made\n[uwsgi]\nprocesses = 16\n"


def test_python_reads_nothing_any_more_and_its_docstring_is_the_header():
    text = '"""How to start."""\n\nimport os\n\nworkers = int(os.environ.get("WEB_WORKERS", "2"))\n'

    assert python(text, WEB_WORKERS="chosen") == "# made\n\n# chosen\nworkers = 16\n"


@pytest.mark.parametrize(
    ("expression", "literal"),
    [
        ('os.environ.get("WEB_LAZY", "0") == "0"', "False"),
        ('os.environ["WEB_BIND"]', '"/run/web.sock"'),
        ('os.getenv("WEB_BIND")', '"/run/web.sock"'),
        ('int(os.environ.get("WEB_THREADS", "4"))', "4"),
        ('int(os.environ.get("WEB_THREADS", timeout))', "30"),
        ('os.getenv("WEB_STATS")', "None"),
        ('1 if os.getenv("WEB_LAZY") == "1" else 2', "1"),
        ('f(os.getenv("WEB_BIND"), g=1)', 'f("/run/web.sock", g=1)'),
    ],
)
def test_whatever_reads_a_variable_becomes_what_it_was(expression, literal):
    assert f"\nx = {literal}\n" in python(f"import os\ntimeout = 30\nx = {expression}\n")


def test_what_the_file_reads_of_its_own_stays_and_so_does_what_it_needs():
    text = 'import os\n\nsecret = os.environ["SITE_SECRET"]\nworkers = int(os.getenv("WEB_WORKERS"))\n'

    assert python(text) == '# made\n\nimport os\n\nsecret = os.environ["SITE_SECRET"]\nworkers = 16\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('import os\nname = "WEB_WORKERS"\nworkers = os.environ[name]\n', "line 2: WEB_WORKERS|line 4: WEB_WORKERS"),
        ('import os\nx = os.environ["WEB_UNKNOWN"]\n', "line 2: WEB_UNKNOWN"),
        ("workers = = 2\n", "line 1: the file cannot be filled in; it is no Python"),
    ],
)
def test_python_that_cannot_be_filled_in_is_refused_with_its_line(text, told):
    with pytest.raises(ConfigurationError, match=told):
        python(text)


def test_an_environment_file_keeps_its_comments_and_gets_what_it_lacks():
    text = "# how to start\nA=1\n\n# about b\nB=2\nC=3\n"
    plain = plain_environment(text, Filling(values={"B": "7", "C": None, "D": "8"}, remarks={"B": ("chosen",)}))

    assert plain.text == "A=1\n\n# about b\n# chosen\nB=7\n\nD=8\n"
    assert plain.filled == {"B", "D"}


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_every_server_of_the_kit_says_how_it_is_deployed(server):
    assert server.deployable is not None
    assert set(server.deployable.variables) >= {*server.settings, *server.opposites}
    assert server.reads(Path(server.deployable.file)) or server.deployable.file.startswith(server.name)
