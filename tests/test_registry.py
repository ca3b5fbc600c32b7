"""What there is of one kind, in a room of the kit; what other packages bring is tested with servers and databases."""

import importlib
import sys

import pytest

from badgateway.errors import ConfigurationError
from badgateway.registry import found

GROUP = "badgateway.fruits"
"""Nobody brings any."""


class Fruit:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Return what makes a package of modules, each with the fruit of that name, or with none."""

    def made(**fruits):
        folder = tmp_path / "fruits_of_a_test"
        folder.mkdir()
        (folder / "__init__.py").touch()
        for module, name in fruits.items():
            one = f"from tests.test_registry import Fruit\nFRUIT = Fruit({name!r})\n" if name else ""
            (folder / f"{module}.py").write_text(one)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(folder.name)

    yield made
    for name in [name for name in sys.modules if name.startswith("fruits_of_a_test")]:
        del sys.modules[name]


def test_each_module_of_the_room_that_has_one_gives_it(room):
    fruits = found(room(apple="apple", leaf=None, pear="pear"), "FRUIT", Fruit, GROUP)

    assert [fruit.name for fruit in fruits] == ["apple", "pear"]


def test_two_of_one_name_are_refused_with_what_they_are(room):
    with pytest.raises(ConfigurationError, match=r"entry points badgateway\.fruits: there are two fruits apple"):
        found(room(apple="apple", other="apple"), "FRUIT", Fruit, GROUP)
