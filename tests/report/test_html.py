import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from badgateway.report.formats import render_html
from tests.report import comparison, samples

MOST_BYTES = {"long-ladder": 1_000_000, "study-picked": 400_000}
USUAL_MOST_BYTES = 300_000
VOID = {"meta", "link", "br", "path", "line", "rect"}


class Outline(HTMLParser):
    """What a test asks a page for: its headings, its tables' rows, its loads, and whether its elements close."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.headings = []
        self.rows = []
        self.loads = []
        self.ids = []
        self.text = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loads += [given[name] for name in ("src", "href", "srcset", "data", "poster") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append([int(tag[1]), ""])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data.strip().replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-")
        if self.open and self.open[-1] in {"h1", "h2", "h3", "h4"}:
            self.headings[-1][1] += data


@cache
def rendered(sample):
    return render_html(samples.SAMPLES[sample]())


def outline(sample):
    found = Outline()
    found.feed(rendered(sample))
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_every_sample_is_one_small_well_formed_page_without_loads_or_scripts(sample):
    page = rendered(sample)
    found = outline(sample)
    assert len(page.encode()) < MOST_BYTES.get(sample, USUAL_MOST_BYTES)
    assert found.loads[0] == "data:,"
    # Links to the chapters, each of which is there.
    assert {f"#{one}" for one in found.ids} >= set(found.loads[1:]) >= {"#comparison", "#evidence"}
    assert "<script" not in page
    assert not re.search(r"@import|url\(", page)
    assert set(re.findall(r'"(https?://[^"]*)"', page)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert len(found.ids) == len(set(found.ids))


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_the_same_run_gives_the_same_bytes(sample):
    assert render_html(samples.SAMPLES[sample]()) == rendered(sample)


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_headings_never_skip_a_level(sample):
    levels = [level for level, _ in outline(sample).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(following - level <= 1 or following == 4 for level, following in pairwise(levels))


def test_the_question_comes_first_then_the_answer_then_the_charts_then_the_numbers():
    titles = [text for level, text in outline("picked").headings if level < 4]
    assert titles[:5] == [
        "Two uWSGI processes answer 502 under load. Which server configuration stops it?",
        "Picked: gunicorn-gthread",
        "Why: uwsgi-2, second by second",
        "Do this",
        "At 300 users",
    ]
    assert titles[5:10] == [
        "Why requests failed",
        "Failures by cause",
        "Latency of OK requests",
        "Throughput of OK requests",
        "All numbers",
    ]


@pytest.mark.parametrize(
    ("sample", "kind", "label"),
    [
        ("picked", "picked", "Picked: gunicorn-gthread"),
        ("none-qualifies", "none-qualifies", "None qualifies"),
        ("inconclusive", "inconclusive", "Inconclusive"),
    ],
)
def test_an_answer_that_is_no_pick_is_as_prominent_as_a_pick(sample, kind, label):
    run = samples.SAMPLES[sample]()
    page = rendered(sample)
    assert f'<section class="answer {kind}"' in page
    assert re.search(f'<p class="(sentence|run)">{re.escape(run.recommendation.sentence)}</p>', page)
    assert f">{label}</h2>" in page


def test_every_number_of_a_level_stands_under_its_own_heading():
    rows = outline("tiny").rows[2:]
    assert rows[0] == ["configuration", "users", "verdict", "requests", "failed", "latency", "firstbytep95", "OKreq/s"]
    assert rows[1] == [
        *("share", "95 %interval", "502 %", "504 %", "502", "504", "truncated"),
        *("p50", "p95", "p99", "max"),
    ]
    assert rows[2][:4] == ["uwsgi-2", "300", "FAIL", "2,000"]
    assert rows[2][4:11] == ["1.45 %", "0.97-2.08 %", "0.85 %", "0.55 %", "17", "11", "1"]
    assert rows[2][11:15] == ["101 ms", "202 ms", "303 ms", "404 ms"]
    assert rows[2][15:] == ["62 ms", "197"]


def test_an_invalid_level_gives_its_reason_in_place_of_numbers():
    rows = outline("inconclusive").rows
    (row,) = [row for row in rows if row[:2] == ["300", "INVALID"]]
    assert row[2:] == ["- not measured: the client has 812 rows and the proxy 790, so the books do not balance"]


def test_why_requests_failed_is_told_with_knob_evidence_and_page():
    page = "".join(outline("picked").text)
    for words in (
        "The accept queue of the unix socket was full",
        "uWSGI: listen",
        "trials/009-uwsgi-2-300u/nginx-error.log:12",
        "badgateway cause listen-queue-full",
        "without a cause: nothing was guessed",
        "several causes fit, and these logs cannot tell them apart",
    ):
        assert words in page
    assert "Not looked into" not in page
    assert "uwsgi-2 at 300 users: 24,002 failures" in "".join(outline("inconclusive").text)


def test_without_failures_there_is_no_such_section():
    assert "Why requests failed" not in "".join(outline("many-levels").text)
    assert 'class="cause"' not in rendered("many-levels")


def test_a_level_that_was_not_run_says_so():
    page = "".join(outline("interrupted").text)
    assert "not run" in page
    assert "NOT RUN" in page
    assert "The run was interrupted before its last trial" in page


def test_the_error_log_and_the_use_of_the_processes_are_there_as_evidence():
    page = "".join(outline("picked").text)
    assert comparison.QUEUE_FULL.message in page
    assert comparison.QUEUE_FULL.first_line in page
    assert "142\N{NO-BREAK SPACE}MiB" in page


def test_the_trials_are_in_the_order_of_running_with_their_overhead():
    rows = [row for row in outline("picked").rows if len(row) == 11 and row[0].isdigit()]
    assert [row[0] for row in rows] == [str(position) for position in range(1, 17)]
    assert {row[9] for row in rows} == {"2.75 s"}


def test_text_from_elsewhere_cannot_become_markup():
    page = rendered("hostile")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert samples.HOSTILE.splitlines()[0] in "".join(outline("hostile").text)


def test_the_legend_explains_only_what_the_chart_shows():
    assert "not measured, or not run" in "".join(outline("inconclusive").text)
    assert "not measured, or not run" not in "".join(outline("picked").text)
    assert "No request failed in any trial that counts." in "".join(outline("many-levels").text)


def test_a_ladder_is_told_after_the_causes_and_its_evidence_after_the_numbers():
    titles = [text for level, text in outline("long-ladder").headings if level < 4]
    failed, began, numbers = (titles.index(title) for title in ("Why requests failed", "Step by step", "All numbers"))
    assert failed < began < numbers
    assert titles[numbers + 1 : numbers + 4] == [
        "Ranking at each database distance",
        "Sizes of the server\N{RIGHT SINGLE QUOTATION MARK}s container",
        "Connections to the database",
    ]
    assert "What differs, and nothing else" in titles[numbers + 4 :]


def test_a_chapter_of_several_parts_leads_to_each_of_them():
    page = rendered("picked")
    (contents,) = re.findall(r'id="comparison">\s*<p class="contents">(.*?)</p>', page)
    names = re.findall(r'<a href="#([^"]+)">', contents)
    assert names[:2] == ["latency", "throughput"]
    assert [page.count(f'id="{name}"') for name in names] == [1] * len(names)


def test_a_confirmation_stands_in_the_answer():
    before, after = rendered("long-ladder").split("Confirmed: gunicorn-gthread-pool at 19,000 tasks a minute")
    assert before.count("<h2") == 1
    assert after.count('class="confirmation"') == 0


def test_a_trial_with_the_database_farther_away_is_listed_with_its_distance():
    assert '>uwsgi-16 <span class="quiet">+ 5 ms</span></th>' in rendered("long-ladder")


@pytest.mark.parametrize("sample", ["picked", "tiny", "many-levels"])
def test_a_run_without_a_story_has_none_of_its_sections(sample):
    titles = {text for _, text in outline(sample).headings}
    assert not titles & {
        "Step by step",
        "Ranking at each database distance",
        "Connections to the database",
        "The exports",
    }
