"""TOML and JSON that anybody may have written."""

import pytest

from badgateway.model.decoding import DecodingError, decoded_json, decoded_toml, first_faults, spelled_key


def refusal(content: bytes, decode=decoded_toml) -> str:
    with pytest.raises(DecodingError) as caught:
        decode(content)
    return str(caught.value)


def test_a_byte_order_mark_does_no_harm():
    assert decoded_toml(b"\xef\xbb\xbfa = 1") == {"a": 1}
    assert decoded_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a = 1".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"a = 1\nb = '\xe9'", "line 2: byte 0xe9 is not UTF-8"),
        (b"a = " + b"[" * 900 + b"]" * 900, "is nested too deep; 32 levels are allowed"),
        (b"a = " + b"[" * 60 + b"]" * 60, "a[1][1]: is nested too deep"),
        (b".".join([b"a"] * 900) + b" = 1", "a.a.a: is nested too deep"),
        (b"a = " + b"9" * 5001, "has an integer of thousands of digits; 64 bits are allowed"),
        (b"a = 0x" + b"f" * 5001, "a: an integer has at most 64 bits"),
        (b"a = 9223372036854775808", "a: an integer has at most 64 bits"),
        (b"a.b = nan", "a.b: nan is not allowed: a number is finite"),
        (b"a = -inf", "a: -inf is not allowed: a number is finite"),
        (b"a = 2026-11-28", "a: 2026-11-28 is a date or time, and none is asked for"),
        (b'a = ["x", "y\\u0000"]', r"a[2]: y\x00 has a NUL character; leave it out"),
        (b'"a\\u0000" = 1', "has a NUL character"),
        (b'a = "' + b"x" * 20_000 + b'"', "a: a text of 20,000 characters; 10,000 are allowed"),
        (b"a = x", 'line 1: a = x: not TOML: Invalid value; a value is a number, true, false, [a list] or "text'),
        (b"a = 1\na = 2\nb = 1", "line 2: a = 2: not TOML: Cannot overwrite a value; a key is given twice"),
        (b"a = 1\nb: 2", "line 2: b: 2: not TOML: Expected '=' after a key in a key/value pair; a line is key = value"),
        (b"a = [1 2]", "a list is [1, 2], with a comma between its values"),
        (b'a = "x\nb = 1', "a text ends on its line; close its quotes"),
        (b"a = \x1b[31m1", r"line 1: a = \x1b[31m1: not TOML"),
        (b"a =", "end of document: not TOML: Invalid value"),
    ],
)
def test_toml_that_nothing_could_take_is_refused_with_its_place_and_a_remedy(content, told):
    assert told in refusal(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not JSON: Expecting value: line 1 column 1"),
        (b"[1]", "is no JSON object"),
        # So deep that no parser follows, and so deep that Python 3.12 and later do.
        (b'{"a": ' + b"[" * 200_000, "is nested too deep"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "is nested too deep"),
        (b'{"a": NaN}', "a: nan is not allowed: a number is finite"),
        (b'{"a": 1e999}', "a: inf is not allowed: a number is finite"),
        (b'{"a": [{"name": "x", "b": -Infinity}]}', "a[x].b: -inf is not allowed"),
        (b'{"a": ' + b"9" * 5001 + b"}", "has an integer of thousands of digits"),
        (b'{"a": "\\ud800"}', r"a: \ud800 has half of a character (a lone surrogate)"),
    ],
)
def test_json_that_nothing_could_take_is_refused(content, told):
    assert told in refusal(content, decoded_json)


def test_a_location_is_spelled_as_in_the_file_without_what_is_not_in_it():
    declared = {"configurations": [{"name": "first", "workers": 1}, {"workers": 2}], "size": {"x": 5}}

    assert spelled_key(("configurations", 0, "workers"), declared) == "configurations[first].workers"
    assert spelled_key(("configurations", 1, "driver"), declared) == "configurations[2].driver"
    assert spelled_key(("size", "Tried", "x"), declared) == "size.x"
    assert spelled_key(("size", "x", "[key]"), declared) == "size.x"
    assert spelled_key(("size", "literal[False]"), declared) == "size"
    assert spelled_key((), declared) == ""


def test_a_key_that_could_steer_a_terminal_is_spelled_and_a_long_one_is_cut():
    declared = {"\x1b[2J": {"k" * 5000: 1}}
    spelled = spelled_key(("\x1b[2J", "k" * 5000), declared)

    assert spelled.startswith(r"\x1b[2J.kkk")
    assert len(spelled) < 100


def test_of_many_faults_the_first_are_told_and_the_rest_is_counted():
    assert first_faults(["x"] * 20) == ["x"] * 20
    assert first_faults(["x"] * 1021)[20:] == ["and 1,001 faults more"]
