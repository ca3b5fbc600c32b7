import io
import re
import shutil
import subprocess
from datetime import date, datetime
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.workbook import WorkbookCheck
from school.exports import xlsx
from school.exports.xlsx import sheet_text, xlsx_chunks

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def book(rows, *, titles=("a", "b"), sheet_rows=1000) -> bytes:
    return b"".join(xlsx_chunks(titles, iter(rows), len(rows), sheet_rows=sheet_rows))


def cells(content: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Members"]
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def texts(content: bytes) -> list[str]:
    """Return the texts of the first sheet as Excel shows them: _xHHHH_ stands for a character."""
    sheet = ET.fromstring(ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml"))
    raw = [cell.text or "" for cell in sheet.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}t")]
    return [re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) for text in raw]


def test_a_workbook_holds_titles_and_rows_as_they_were_given():
    content = book([("Åse", 1, 2.5, None, date(2026, 3, 1)), ("<row >", 0, -1, None, date(1946, 1, 1))], titles="abcde")

    titles, first, second = cells(content)
    assert titles == ("a", "b", "c", "d", "e")
    assert first == ("Åse", 1, 2.5, None, datetime(2026, 3, 1))  # noqa: DTZ001 - a sheet knows no time zones
    assert second == ("<row >", 0, -1, None, datetime(1946, 1, 1))  # noqa: DTZ001 - a sheet knows no time zones


def test_text_that_looks_like_a_formula_or_a_number_stays_text():
    content = book([("=1+1", "007", "https://school.example")], titles="abc")

    assert cells(content)[1] == ("=1+1", "007", "https://school.example")
    assert b"<f>" not in ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


@given(text=st.text(st.characters(), max_size=30))
def test_any_text_comes_back_as_it_was_and_the_xml_is_valid(text):
    assert texts(book([(text, "x")]))[2:] == [text, "x"]


CELL = st.one_of(
    st.text(st.sampled_from("ab |&<>_x0041\t\n\x07\xa0\u3000\ufffe%é日😀"), max_size=9),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.none(),
)


@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=6), max_size=4))
def test_a_row_made_at_once_is_the_one_made_cell_by_cell(rows):
    at_once = b"".join(sheet_text(("a",), iter(rows)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsx, "_are_plain", lambda _texts: False)
        assert b"".join(sheet_text(("a",), iter(rows))) == at_once


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\r\n", "\ud800", "\ufffe", "_x0041_", " a ", "😀", "]]>", "&amp;"])
def test_what_xml_cannot_hold_comes_back_too(text):
    assert texts(book([(text, "x")]))[2] == text


@given(number=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53))
def test_numbers_come_back_exactly(number):
    assert cells(book([(number, "x")]))[1][0] == number


def test_a_workbook_without_rows_has_its_titles():
    assert cells(book([])) == [("a", "b")]


def test_rows_that_do_not_fit_go_on_in_a_further_sheet_under_the_titles():
    loaded = openpyxl.load_workbook(io.BytesIO(book([(row, "x") for row in range(25)], sheet_rows=10)))

    assert loaded.sheetnames == ["Members", "Members 2", "Members 3"]
    assert [sheet.max_row for sheet in loaded] == [11, 11, 6]
    assert {sheet["A1"].value for sheet in loaded} == {"a"}
    assert [sheet["A2"].value for sheet in loaded] == [0, 10, 20]


@pytest.mark.parametrize(("rows", "sheets"), [(0, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_a_sheet_is_begun_only_when_the_last_is_full(rows, sheets):
    content = book([(row, "x") for row in range(rows)], sheet_rows=10)

    assert len(openpyxl.load_workbook(io.BytesIO(content)).sheetnames) == sheets


def test_the_load_generator_finds_all_rows():
    check = WorkbookCheck()
    check.begin({"x-export-rows": "25"})
    check.feed(book([(row, "a <row here") for row in range(25)], sheet_rows=10))

    assert check.verdict() is None


def test_no_row_is_taken_before_the_first_bytes_are_asked_for():
    rows = iter([(row, "x") for row in range(1000)])
    chunks = xlsx_chunks(("a", "b"), rows, 1000)
    next(chunks)

    assert next(rows) == (0, "x")


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed; apt-get install libreoffice-calc-nogui")
def test_libreoffice_reads_every_cell(tmp_path):
    (tmp_path / "members.xlsx").write_bytes(book([("Åse & <co>", 2.5), ("=1+1", date(2026, 3, 1)), (None, 7)]))
    options = [f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    # Commas, quotation marks, UTF-8.
    options += ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
    subprocess.run([str(OFFICE), *options, "members.xlsx"], cwd=tmp_path, check=True, capture_output=True, timeout=110)

    lines = (tmp_path / "members.csv").read_text("utf-8").splitlines()
    assert lines == ["a,b", "Åse & <co>,2.5", "=1+1,2026-03-01", ",7"]
