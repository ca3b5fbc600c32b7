"""What a fault of a declaration is told as: its key, what stands there, what is allowed, what to write."""

import json

import pytest
from pydantic import ValidationError

from badgateway.model.experiment import Experiment
from badgateway.plan.declaration_faults import LONGEST_MESSAGE, fault_lines
from tests.declared import declared


def faults(**changes: object) -> list[str]:
    given = declared(**changes)
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate_json(json.dumps(given), strict=True)
    return fault_lines(caught.value, given)


def first(**changes: object) -> list[object]:
    one, *others = declared()["configurations"]
    return [one | changes, *others]


def load(**changes: object) -> dict[str, object]:
    return {**declared()["load"], **changes}


def searched(**study: object) -> dict[str, object]:
    return {"variants": {"quick": {"study": study}}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"configurations": first(workers=True)}, "[first].workers: true is not allowed: input should be a whole"),
        ({"configurations": first(workers="4")}, "input should be a whole number; write 4, without quotes"),
        ({"configurations": first(workers=4.0)}, "4.0 is not allowed: input should be a whole number"),
        ({"configurations": first(preload="False")}, "input should be true or false; write false, without quotes"),
        ({"configurations": first(preload=1)}, "[first].preload: 1 is not allowed: input should be true or false"),
        ({"configurations": first(note=5)}, '[first].note: 5 is not allowed: input should be text, "in quotes"'),
        ({"configurations": first(background=[""])}, "configurations[first].background: its first word is the program"),
        ({"configurations": first(server="x/" * 600 + "a.ini")}, "a path has at most 1,000 bytes"),
        ({"configurations": first(server="servers/\x1b.ini")}, r"'servers/\x1b.ini' is not allowed: a path has no"),
        ({"configurations": first(environment={"DB_NAME": "1"})}, "environment.DB_NAME: 'DB_NAME' is not allowed"),
        ({"configurations": []}, "configurations: the list is empty: give at least one"),
        ({"configurations": {"name": "first"}}, "configurations: input should be a list, [in, brackets]"),
        ({"load": load(users=20)}, "load.users: 20 is not allowed: input should be a list, [in, brackets]; write [20]"),
        (
            {"load": load(users="20")},
            "load.users: '20' is not allowed: input should be a list, [in, brackets]; write [20]",
        ),
        (
            {"load": load(users="ten")},
            "load.users: 'ten' is not allowed: input should be a list, [in, brackets]; each in it is a whole number",
        ),
        (
            {"application": {"copied": "media"}},
            "application.copied: 'media' is not allowed: input should be a list, [in, brackets]; write [\"media\"]",
        ),
        ({"load": load(users=["20"])}, "load.users[1]: '20' is not allowed: input should be a whole number; write 20"),
        ({"load": load(users=[5, True])}, "load.users[2]: true is not allowed"),
        ({"load": load(locustfile="experiments/load")}, "'experiments/load' is not allowed: a Locust file ends"),
        ({"load": load(locustfile="a,b.py")}, "has no comma in its path"),
        ({"load": 5}, "load: 5 is not allowed: input should be a table of keys and values"),
        ({"application": {"prepare": [[]]}}, "application.prepare[1]: the list is empty: give at least one"),
        ({"application": {"prepare": ["python", 5]}}, "application.prepare[1]: 'python' is not allowed"),
        ({"application": {"python": "python3"}}, "application.python: 'python3' is not allowed: the path of the"),
        ({"application": {"restore": [" "]}}, "application.restore: its first word is the program"),
        ({"application": {"wsgi": "site.wsgi.application"}}, "a module and its object, such as shop.wsgi"),
        ({"application": {"health_path": "/a b"}}, "a path begins with / and has neither spaces nor"),
        ({"variants": {"quick": {"colour": 1}}}, "variants.quick.colour: unknown key; allowed are only, users, warm"),
        ({"variants": {"quick": {"windows_s": 1}}}, "variants.quick.windows_s: unknown key; did you mean window_s?"),
        ({"variants": {"Quick": {}}}, "variants.Quick: 'Quick' is not allowed: a name has small letters"),
        (searched(capacity=True), "true is not allowed: input should be a table of keys and values, or false"),
        (searched(capacity={"lowst": 5}), "variants.quick.study.capacity.lowst: unknown key; did you mean lowest?"),
        ({"name": "Bad Name"}, "name: 'Bad Name' is not allowed: a name has small letters, digits and hyphens"),
    ],
)  # fmt: skip
def test_a_fault_is_told_as_the_file_says_it(changes, told):
    assert any(told in line for line in faults(**changes)), faults(**changes)


def test_a_long_value_is_cut_and_a_long_key_too():
    lines = faults(question=5, **{"k" * 5000: 1, "name": "x" * 5000})

    assert len(lines) == 3
    assert all(len(line) <= LONGEST_MESSAGE for line in lines)


def test_what_could_steer_a_terminal_is_spelled():
    assert any(r"\x1b[2J: unknown key" in line for line in faults(**{"\x1b[2J": 1}))
    assert any(r"'\x1b[2J' is not allowed" in line for line in faults(name="\x1b[2J"))
