from badgateway.servers.environment_file import fitting, variables

TEXT = """
# COMMENT=1
; also=2
PLAIN=two words = one value
QUOTED="three"
SINGLE='four'
EMPTY=
ESCAPED="a \\"b\\" \\\\ \\n"
AS_IT_IS='a \\"b\\"'
no variable
"""


def test_variables_are_what_systemd_would_take():
    assert variables(TEXT) == {
        "PLAIN": "two words = one value",
        "QUOTED": "three",
        "SINGLE": "four",
        "EMPTY": "",
        "ESCAPED": 'a "b" \\ \\n',
        "AS_IT_IS": 'a \\"b\\"',
    }


def test_own_values_take_the_place_of_the_files_and_none_takes_one_away():
    assert fitting("A=1\nB=2\n", {"B": "3", "C": "4", "A": None}) == {"B": "3", "C": "4"}
