"""An .xlsx workbook made piece by piece while its rows come: nothing is kept, nothing is written twice."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any
from zipfile import ZIP_DEFLATED

from zipstream import ZipStream  # type: ignore[import-untyped]  # it ships no types

from school.exports import xlsx_parts
from school.exports.columns import Cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_NAME = "members.xlsx"
# A sheet has 1 048 576 rows; the first holds the titles.
SHEET_ROWS = 1_048_575
# Level 6 takes a quarter longer in all, for a file that is a quarter smaller.
COMPRESS_LEVEL = 1
BLOCK_ROWS = 100
_DAYS_BEFORE_1900 = date(1899, 12, 30).toordinal()

# What XML cannot hold, as Excel writes it (_x0007_), and what looks like that. A parser would take \r for \n.
_SPECIAL = re.compile("[&<>]|_(?=x[0-9A-Fa-f]{4}_)|[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def xlsx_chunks(
    titles: Sequence[str], rows: Iterable[Sequence[Cell]], count: int, *, sheet_rows: int = SHEET_ROWS
) -> Iterator[bytes]:
    """Yield the workbook of `count` rows; each sheet has the titles and at most sheet_rows rows.

    What is yielded depends only on the rows taken so far.
    """
    remaining = iter(rows)
    sheets = max(1, -(-count // sheet_rows))
    archive = ZipStream(compress_type=ZIP_DEFLATED, compress_level=COMPRESS_LEVEL)
    for name, text in xlsx_parts.before_sheets(sheets).items():
        archive.add(text, name)
    for number in range(1, sheets + 1):
        archive.add(sheet_text(titles, islice(remaining, sheet_rows)), xlsx_parts.SHEET_NAME.format(number))
    yield from archive


def sheet_text(titles: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the XML of one sheet, some rows at a time."""
    yield (xlsx_parts.SHEET_START + _row(titles)).encode()
    while block := "".join(map(_row, islice(rows, BLOCK_ROWS))):
        yield block.encode()
        # Under gevent, lets the other requests of this worker have their turn; anywhere else it costs next to nothing.
        time.sleep(0)
    yield xlsx_parts.SHEET_END.encode()


def _row(cells: Sequence[Cell]) -> str:
    return _row_of(tuple(map(type, cells)))(cells)


@lru_cache(maxsize=1000)
def _row_of(kinds: tuple[type, ...]) -> Callable[[Sequence[Cell]], str]:
    """Return what writes a row whose cells are of these kinds: all their XML but the values is made here, once."""
    line = f"<row >{''.join([_PLACES[kind] for kind in kinds])}</row>"
    texts, days = ([at for at, kind in enumerate(kinds) if kind is one] for one in (str, date))

    def row(cells: Sequence[Any]) -> str:
        if not _are_plain([cells[at] for at in texts]):
            return f"<row >{''.join([_CELLS[type(cell)](cell) for cell in cells])}</row>"
        values = [*cells]
        for at in days:
            values[at] = values[at].toordinal() - _DAYS_BEFORE_1900
        return line % tuple(values)

    return row


def _are_plain(texts: Sequence[str]) -> bool:
    """Tell whether texts stand in XML as they are; nearly all do, and to see it of a whole row at once takes least."""
    whole = f"|{'|'.join(texts)}|"
    # All that XML cannot hold is not printable; what is printable begins or ends with no blank but a space.
    if not whole.isprintable():
        return False
    # A pattern of all six takes longer than six looks.
    return not ("&" in whole or "<" in whole or ">" in whole or "_x" in whole or "| " in whole or " |" in whole)


def _text(text: str) -> str:
    escaped = _SPECIAL.sub(_escape, text)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c t="inlineStr"><is><t{space}>{escaped}</t></is></c>'


def _escape(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_"


_PLACES: Mapping[type, str] = {
    str: '<c t="inlineStr"><is><t>%s</t></is></c>',
    int: "<c><v>%r</v></c>",
    float: "<c><v>%r</v></c>",
    date: f'<c s="{xlsx_parts.DATE_STYLE}"><v>%d</v></c>',
    type(None): "<c/>%.0s",
}
"""The XML of a cell of each kind, with the place of its value."""
_CELLS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    date: lambda day: _PLACES[date] % (day.toordinal() - _DAYS_BEFORE_1900),
    **{kind: _PLACES[kind].__mod__ for kind in (int, float, type(None))},
}
"""The same with its value, where a text of the row needs more than its place."""
