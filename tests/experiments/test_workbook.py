import io
import random
import tracemalloc
import zipfile
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped] # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.workbook import SHEET, WorkbookCheck
from tests.amounts import examples
from tests.load.server import workbook

ROWS = 30
HEADERS = {"x-export-rows": str(ROWS)}


class Unseekable(io.RawIOBase):
    """A target like a streamed response: zipfile must put lengths behind the data."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.content += bytes(data)
        return len(data)


def sheet_of(rows: int) -> bytes:
    return b"<sheetData>" + b"".join(b'<row r="%d"><c/></row>' % row for row in range(rows)) + b"</sheetData>"


def archive(
    entries: list[tuple[str, bytes]],
    *,
    streamed: bool = False,
    compression: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
) -> bytes:
    target = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as book:
        book.comment = comment
        for name, content in entries:
            book.writestr(name, content)
    return target.getvalue() if isinstance(target, io.BytesIO) else bytes(target.content)


def checked(content: bytes, *, chunk: int = 65536, headers: dict[str, str] = HEADERS) -> WorkbookCheck:
    check = WorkbookCheck()
    check.begin(headers)
    for start in range(0, len(content), chunk):
        check.feed(content[start : start + chunk])
    return check


def judge(content: bytes, *, chunk: int = 65536, headers: dict[str, str] = HEADERS) -> str | None:
    return checked(content, chunk=chunk, headers=headers).verdict()


SHEET_ENTRY = (SHEET.decode(), sheet_of(ROWS + 1))
OTHERS = [("[Content_Types].xml", b"<Types/>" * 50), ("xl/workbook.xml", b"<workbook/>")]


@pytest.mark.parametrize("chunk", [1, 7, 1000, 65536])
@pytest.mark.parametrize("constant_memory", [True, False])
def test_what_xlsxwriter_writes_is_right_in_any_pieces(chunk, constant_memory):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet()
        for row in range(ROWS + 1):
            sheet.write_row(row, 0, (row, "a <row in text", 1.5))

    assert judge(target.getvalue(), chunk=chunk) is None


@pytest.mark.parametrize("chunk", [1, 19, 65536])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("entries", [[SHEET_ENTRY, *OTHERS], [*OTHERS, SHEET_ENTRY], [SHEET_ENTRY]])
def test_the_sheet_is_found_wherever_it_is_and_however_its_length_is_told(entries, streamed, chunk):
    assert judge(archive(entries, streamed=streamed), chunk=chunk) is None


@given(cut=st.integers(min_value=1), chunk=st.integers(1, 5000))
@settings(max_examples=examples(2000))
def test_a_file_that_is_cut_anywhere_is_wrong(cut, chunk):
    content = workbook(ROWS)

    assert judge(content[: len(content) - 1 - cut % len(content)], chunk=chunk)


@given(position=st.integers(min_value=0), value=st.integers(0, 255), chunk=st.integers(1, 5000))
@settings(max_examples=examples(2000))
def test_a_damaged_file_never_breaks_the_check(position, value, chunk):
    content = bytearray(workbook(ROWS))
    content[position % len(content)] = value
    verdict = judge(bytes(content), chunk=chunk)

    assert verdict is None or isinstance(verdict, str)


@pytest.mark.parametrize("promised", [ROWS - 1, ROWS + 1])
def test_missing_and_surplus_rows_are_told(promised):
    verdict = judge(workbook(ROWS), headers={"x-export-rows": str(promised)})

    assert verdict == f"{ROWS + 1} rows in the file, expected {promised + 1}"


def damage(content: bytes) -> bytes:
    at = content.index(SHEET) + len(SHEET) + 40
    return content[:at] + b"\xff" * 8 + content[at + 8 :]


@pytest.mark.parametrize(
    ("content", "headers", "verdict"),
    [
        (b"", HEADERS, "no ZIP end-of-central-directory record"),
        (b"<html>Bad Gateway</html>", HEADERS, "no ZIP end-of-central-directory record"),
        (workbook(ROWS) + b"x", HEADERS, "bytes after the ZIP end record"),
        (b"x" + workbook(ROWS), HEADERS, "ZIP end record contradicts the length of the file"),
        (workbook(ROWS), {}, "no X-Export-Rows header to compare the rows with"),
        (archive(OTHERS), HEADERS, "no xl/worksheets/sheet1.xml in the workbook"),
        (archive([SHEET_ENTRY], compression=zipfile.ZIP_BZIP2), HEADERS, "damaged ZIP entry: xl/worksheets/sheet1.xml"),
        (archive(OTHERS, streamed=True, compression=zipfile.ZIP_STORED), HEADERS, "damaged ZIP entry: [Content_Types]"),
        (damage(workbook(ROWS)), HEADERS, "damaged ZIP entry"),
    ],
)
def test_each_defect_has_its_name(content, headers, verdict):
    assert (judge(content, headers=headers) or "").startswith(verdict)


@pytest.mark.parametrize("chunk", [1, 13, 65536])
def test_the_rows_of_all_sheets_count_and_each_has_its_heading(chunk):
    second = ("xl/worksheets/sheet2.xml", sheet_of(6))
    content = archive([*OTHERS, SHEET_ENTRY, second], streamed=True)

    assert judge(content, chunk=chunk, headers={"x-export-rows": str(ROWS + 5)}) is None
    assert judge(content, chunk=chunk) == f"{ROWS + 7} rows in the file, expected {ROWS + 2}"


def test_a_comment_at_the_end_is_allowed():
    assert judge(archive([SHEET_ENTRY], comment=b"made by a test")) is None


def peak_of(content: bytes, rows: int) -> tuple[str | None, int]:
    tracemalloc.start()
    verdict = judge(content, headers={"x-export-rows": str(rows)})
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return verdict, peak_bytes


def test_memory_stays_flat_over_a_file_of_20_mb():
    large = archive([("xl/media/photo.png", random.Random(1).randbytes(20_000_000)), SHEET_ENTRY])
    verdict, peak_bytes = peak_of(large, ROWS)

    assert verdict is None
    assert peak_bytes < 1_000_000


def test_memory_stays_flat_over_a_small_file_that_inflates_to_50_mb():
    bomb = archive([(SHEET.decode(), b'<row r="1"/>' + b" " * 50_000_000)])
    verdict, peak_bytes = peak_of(bomb, 0)

    assert verdict is None
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize("chunk", [1, 65536])
def test_an_archive_without_its_end_is_cut_and_what_is_no_archive_is_not(chunk):
    assert checked(workbook(ROWS)[:-1], chunk=chunk).cut() == "no ZIP end-of-central-directory record"
    assert checked(workbook(ROWS), chunk=chunk, headers={"x-export-rows": "1"}).cut() is None
    assert checked(b"<html>Bad Gateway</html>", chunk=chunk).cut() is None
