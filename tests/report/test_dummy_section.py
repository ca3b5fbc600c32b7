"""A new section is one folder and a line for each format: its view, template, style, chart, Markdown and JSON."""

import json
import sys
from importlib import import_module

import pytest
from jinja2 import ChoiceLoader, FileSystemLoader

from badgateway.report import formats, html, sections
from tests.report import samples

SECTION = '''"""How many trials there were, for a test."""

from badgateway.model.run_summary import RunSummary
from badgateway.report.chart_drawing import svg
from badgateway.report.html import render
from badgateway.report.section import Object, Section


class DummySection(Section):
    """One number, in each format."""

    def html(self, run: RunSummary, /) -> str:
        return render("dummy/dummy.html.j2", trials=trials(run), chart=drawn(run))

    def markdown(self, run: RunSummary, /) -> str:
        return f"Dummy: {trials(run)} trials."

    def objects(self, run: RunSummary, /) -> Object:
        return {"dummy": trials(run)}


def trials(run: RunSummary) -> int:
    return sum(len(level.trials) for one in run.configurations for level in one.levels)


def drawn(run: RunSummary) -> str:
    return svg({"mark": "bar", "data": {"values": [{"trials": trials(run)}]}}, "a dummy")
'''
TEMPLATE = '<section class="dummy">Dummy: {{ trials }} trials. {{ chart }}</section>\n'
STYLE = ".dummy { color: var(--ink); }\n"


@pytest.fixture
def dummy(tmp_path, monkeypatch):
    """Put the folder beside the sections that there are, for as long as the test lasts."""
    folder = tmp_path / "dummy"
    folder.mkdir()
    for name, text in {
        "__init__.py": "",
        "section.py": SECTION,
        "dummy.html.j2": TEMPLATE,
        "dummy.css": STYLE,
    }.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    own = html._TEMPLATES.loader
    assert own is not None
    loaders = ChoiceLoader([own, FileSystemLoader(tmp_path)])
    monkeypatch.setattr(html._TEMPLATES, "loader", loaders)
    yield import_module("badgateway.report.sections.dummy.section").DummySection()
    for name in ("badgateway.report.sections.dummy.section", "badgateway.report.sections.dummy"):
        sys.modules.pop(name, None)


def test_a_section_of_one_folder_is_in_every_format_that_has_a_line_for_it(dummy, monkeypatch):
    run = samples.tiny()
    number = dummy.objects(run)["dummy"]
    assert number
    *chapters, last = formats.CHAPTERS
    monkeypatch.setattr(
        formats,
        "CHAPTERS",
        (*chapters, formats.Chapter(name="more", title="More", about="a test", sections=(*last.sections, dummy))),
    )
    monkeypatch.setattr(formats, "PAGE", (*formats.PAGE, dummy))
    monkeypatch.setattr(formats, "COMMENT", (*formats.COMMENT, dummy))
    monkeypatch.setattr(formats, "DOCUMENT", (*formats.DOCUMENT, dummy))
    written = {one.file_name: one.render(run) for one in formats.FORMATS}

    assert dummy.name == "dummy"
    assert f'<section class="dummy">Dummy: {number} trials. <svg' in written["report.html"]
    assert STYLE.strip() in written["report.html"]
    assert f"Dummy: {number} trials." in written["report.md"]
    assert json.loads(written["report.json"])["dummy"] == number
