import io
from functools import cache

import pytest
import xlwt  # type: ignore[import-untyped] # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.old_workbook import OldWorkbookCheck
from tests.amounts import examples

ROWS = 300


@cache
def workbook(rows: int = ROWS) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Members")
    for row in range(rows + 1):
        sheet.write(row, 0, f"Åse {row}")
        sheet.write(row, 1, row * 0.5)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def checked(content: bytes, *, chunk: int = 65536, promised: int | None = ROWS) -> OldWorkbookCheck:
    check = OldWorkbookCheck()
    check.begin({} if promised is None else {"x-export-rows": str(promised)})
    for start in range(0, len(content), chunk):
        check.feed(content[start : start + chunk])
    return check


def judge(content: bytes, *, chunk: int = 65536, promised: int | None = ROWS) -> str | None:
    return checked(content, chunk=chunk, promised=promised).verdict()


@pytest.mark.parametrize("chunk", [1, 7, 511, 513, 65536])
def test_what_xlwt_writes_is_right_in_any_pieces(chunk):
    assert judge(workbook(), chunk=chunk) is None


@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_workbooks_of_all_sizes_are_right(rows):
    assert judge(workbook(rows), promised=rows) is None


@pytest.mark.parametrize("promised", [ROWS - 1, ROWS + 1])
def test_missing_and_surplus_rows_are_told(promised):
    assert judge(workbook(), promised=promised) == f"{ROWS + 1} rows in the file, expected {promised + 1}"


@given(cut=st.integers(min_value=1), chunk=st.integers(100, 5000))
@settings(max_examples=examples(1000))
def test_a_file_that_is_cut_anywhere_is_wrong(cut, chunk):
    content = workbook()

    assert judge(content[: len(content) - 1 - cut % len(content)], chunk=chunk)


@given(position=st.integers(min_value=0), value=st.integers(0, 255), chunk=st.integers(100, 5000))
@settings(max_examples=examples(1000))
def test_a_damaged_file_never_breaks_the_check(position, value, chunk):
    content = bytearray(workbook())
    content[position % len(content)] = value
    verdict = judge(bytes(content), chunk=chunk)

    assert verdict is None or isinstance(verdict, str)


@pytest.mark.parametrize(
    ("content", "promised", "verdict"),
    [
        (b"", ROWS, "no .xls header"),
        (b"<html>Bad Gateway</html>", ROWS, "no .xls header"),
        (workbook()[:-512], ROWS, "ends before its directory"),
        (workbook(), None, "no X-Export-Rows header to compare the rows with"),
        (workbook()[:512] + bytes(len(workbook()) - 512), ROWS, "no whole sheet in the workbook"),
    ],
)
def test_each_defect_has_its_name(content, promised, verdict):
    assert verdict in (judge(content, promised=promised) or "")


def test_a_workbook_without_its_end_is_cut_and_what_is_no_workbook_is_not():
    assert checked(workbook()[:-512]).cut()
    assert checked(workbook(), promised=1).cut() is None
    assert checked(b"<html>Bad Gateway</html>").cut() is None
