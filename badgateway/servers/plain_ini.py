"""Fills in server files of sections and options, with if-env blocks for what the environment may set."""

import re
from collections.abc import Collection, Iterator

from badgateway.servers.deployable import Filling, Plain, not_fillable

_BLOCK = re.compile(r"^\s*(if-env|if-not-env)\s*=\s*(WEB_\w+)\s*$")
_OTHER_BLOCK = re.compile(r"^\s*if-[\w-]+\s*=")
_END = re.compile(r"^\s*end-?if\s*=")
_OPTION = re.compile(r"^\s*([\w-]+)\s*=")
_COMMENT = re.compile(r"^\s*[;#]")
_VARIABLE = re.compile(r"\$\((WEB_\w+)\)")
_DROPPED = "\0"
"""Stands where a block was that had nothing to say."""
_REMEDY = "write it as the files in servers/ do: if-env = {0}, the setting = %(_), end-if ="


def plain_ini(text: str, filling: Filling, *, single: Collection[str]) -> Plain:
    """Return the file without its blocks of the kit's variables.

    Args:
        text: What is in the file.
        filling: What it is filled with.
        single: The options of which the last one counts: an earlier one makes room for a variable's.

    Raises:
        ConfigurationError: A variable stands where it cannot be filled in, or a block has no end.
    """
    written: list[list[str]] = [[f"; {line}".rstrip()] for line in filling.header]
    filled: set[str] = set()
    places: dict[str, int] = {}
    for variable, line in _statements(text, filling):
        if variable:
            filled.add(variable)
        key = _key(line)
        remarks = [f"; {remark}" for remark in filling.remarks.get(variable, ())] if variable else []
        if key in single and key in places:
            # In its place, below what the file says of the option.
            written[places[key]] = [*remarks, line]
        else:
            places[key] = len(written)
            written.append([*remarks, line])
    lines = [line for group in written for line in group]
    return Plain(text=_without_gaps(lines), filled=frozenset(filled))


def _statements(text: str, filling: Filling) -> Iterator[tuple[str, str]]:
    """Yield what is left of the file, line by line, each with the variable that it took; empty when none."""
    variable, is_kept, has_begun, number, others = "", True, False, 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        has_begun = has_begun or not (_COMMENT.match(line) or not line.strip())
        if not has_begun:
            continue
        if block := _BLOCK.match(line):
            variable = block[2]
            is_kept = (filling.values.get(variable) is not None) is (block[1] == "if-env")
            if not is_kept:
                yield "", _DROPPED
        elif _END.match(line) and not others:
            if not variable:
                raise not_fillable(number, "end-if", "it ends nothing: take it out")
            variable, is_kept = "", True
        elif is_kept:
            others += bool(_OTHER_BLOCK.match(line)) - bool(_END.match(line))
            yield from _filled(number, line, variable, filling)
    if variable:
        raise not_fillable(number, variable, "its block has no end-if =")


def _filled(number: int, line: str, variable: str, filling: Filling) -> Iterator[tuple[str, str]]:
    if _COMMENT.match(line) or not line.strip():
        yield "", line
        return
    value = filling.values.get(variable) if variable else None
    if value is not None:
        # In these files a % begins what is to be put in.
        line = line.replace("%(_)", value.replace("%", "%%"))
    used = {name for name in _VARIABLE.findall(line) if filling.values.get(name) is not None}
    line = _VARIABLE.sub(lambda found: filling.values.get(found[1]) or found[0], line)
    if left := re.search(r"WEB_\w+", line):
        raise not_fillable(number, left[0], _REMEDY.format(left[0]))
    yield variable or next(iter(used), ""), line


def _key(line: str) -> str:
    option = _OPTION.match(line)
    return option[1] if option and not _COMMENT.match(line) else ""


def _without_gaps(lines: list[str]) -> str:
    """Return the lines without comments about dropped blocks, and one empty line where those left several."""
    whole = "\n".join([*lines, ""])
    whole = re.sub(rf"(?:^[;#].*\n)+(?:{_DROPPED}\n)+(?=\n|\Z)", "", whole, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", whole.replace(f"{_DROPPED}\n", "")).rstrip("\n") + "\n"
