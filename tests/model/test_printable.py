"""Text that is shown: nothing in it steers what shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway.model.printable import printable, printable_json, printable_lines, printable_part, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("two\nlines\r\n", r"two\nlines\r\n"),
        ("\x9b31m", r"\x9b31m"),
        ("abc\u202edef", r"abc\u202edef"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028break", r"line\u2028break"),
        ("\x00\x07\x08\x7f\t", r"\x00\x07\x08\x7f\t"),
        ("half \udcff", r"half \udcff"),
        ("hidden \U000e0041", r"hidden \U000e0041"),
        ("Schüler 学生 \N{GRINNING FACE}", "Schüler 学生 \N{GRINNING FACE}"),
    ],
)
def test_what_steers_a_terminal_or_turns_letters_is_spelled(text, shown):
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_a_line_stays_one_line_and_can_be_written(text):
    shown = printable(text)

    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


def test_a_page_keeps_its_line_breaks_and_nothing_else():
    assert printable_lines("a\n\x1b[2J\r\n") == "a\n\\x1b[2J\\r\n"


def test_json_spells_as_json_does_and_keeps_the_line_breaks_between_its_values():
    assert printable_json({"a": "é\x9b\n"}, indent=1) == '{\n "a": "é\\u009b\\n"\n}'


def test_a_long_text_is_cut_in_its_middle():
    assert shortened("a" * 80) == "a" * 80
    assert shortened("a" * 5000 + "b" * 5000, 11) == "aaaa...bbbb"


def test_a_part_of_a_message_is_short_and_one_line():
    assert printable_part("a\x1b\n") == r"a\x1b\n"
    assert len(printable_part("x" * 5000)) == 79
