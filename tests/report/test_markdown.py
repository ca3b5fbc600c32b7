import pytest

from badgateway.report.formats import render_markdown
from tests.report import samples
from tests.report.export_sample import EXPORT, SMALL, exports
from tests.report.ladder_sample import long_ladder

COMMENT_LIMIT = 65_536
"""Characters that a comment on a pull request may have."""


def rendered(run):
    return render_markdown(run).replace("\N{NO-BREAK SPACE}", " ")


def test_the_pick_comes_first():
    lines = rendered(samples.picked()).splitlines()
    assert lines[0] == "## Picked: gunicorn-gthread"
    assert lines[2].startswith("**Run gunicorn-gthread: no request failed")


def test_every_number_stands_in_its_own_column():
    rows = [line for line in rendered(samples.tiny()).splitlines() if line.startswith("|")]
    head, values = ([cell.strip() for cell in row.strip("|").split("|")] for row in (rows[0], rows[2]))
    assert dict(zip(head, values, strict=True)) == {
        "configuration": "uwsgi-2",
        "users": "300",
        "requests": "2,000",
        "failed": "1.45 % (17 × 502, 11 × 504, 1 × truncated)",  # noqa: RUF001 # the sign that is printed
        "95 % interval": "0.97\N{EN DASH}2.08 %",
        "502 %": "0.85 %",
        "504 %": "0.55 %",
        "p50": "101 ms",
        "p95": "202 ms",
        "p99": "303 ms",
        "OK req/s": "197",
        "verdict": "FAIL",
    }


def test_the_table_has_a_row_for_each_configuration_and_level():
    rows = [line for line in rendered(samples.picked()).splitlines() if line.startswith("|")]
    assert len(rows) == 2 * (2 + 16), "what was measured, and what the servers used for it"
    assert rows[2].startswith("| **gunicorn-gthread** | 50 |")


def test_what_the_servers_used_is_a_row_each_and_no_zero_where_nothing_was_measured():
    lines = rendered(samples.inconclusive()).splitlines()
    rows = lines[lines.index("| configuration | users | CPU an OK request | most memory |") + 2 :][:16]
    found = {tuple(row.strip("| ").split(" | "))[:2]: row.strip("| ").split(" | ")[2:] for row in rows}
    dash = "\N{EN DASH}"

    assert found["uwsgi-16", "300"] == ["2.5 ms", "142 MiB"]
    assert found["gunicorn-gthread", "300"] == [dash, dash]
    assert found["uwsgi-2", "300"] == [dash, "142 MiB"], "no request was OK, and it had memory"


def test_an_invalid_level_has_dashes_instead_of_numbers():
    rows = [line for line in rendered(samples.inconclusive()).splitlines() if "INVALID |" in line]
    dash = "\N{EN DASH}"
    assert rows == [f"| gunicorn-gthread | 300 | {' | '.join([dash] * 9)} | INVALID |"]


def test_the_causes_stand_under_the_table_a_line_each():
    lines = rendered(samples.picked()).splitlines()
    causes = [line for line in lines if " = " in line]
    assert causes[-1] == (
        "- uwsgi-2 at 300 users: 20,331 × 502 = The accept queue of the unix socket was full (listen-queue-full); "  # noqa: RUF001 # the sign that is printed
        "change uWSGI: processes, threads, harakiri"
    )
    assert lines.index("Why requests failed:") > max(place for place, line in enumerate(lines) if line.startswith("|"))
    assert "Why requests failed" not in rendered(samples.many_levels())


def test_an_interrupted_run_says_so():
    assert "The run was interrupted before its last trial" in rendered(samples.interrupted())
    assert "interrupted" not in rendered(samples.picked())


def test_it_tells_how_to_reproduce_it_and_where_it_ran():
    text = rendered(samples.picked())
    assert "`badgateway run experiments/concurrency.toml` (seed 7" in text
    environment = text.splitlines()[-1]
    assert environment.startswith("Environment: Linux 6.18.5")
    assert "gunicorn 27.0.0" in environment


def test_text_from_elsewhere_cannot_become_markup():
    text = rendered(samples.hostile())
    assert "<script" not in text.replace("\\<script", "")
    assert "\n# not a heading" not in text
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 2 * 3


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_it_fits_a_comment_and_the_same_run_gives_the_same_bytes(sample):
    text = render_markdown(samples.SAMPLES[sample]())
    assert len(text) < COMMENT_LIMIT / 3
    assert text == render_markdown(samples.SAMPLES[sample]())


def test_a_ladder_is_told_line_by_line_with_the_confirmation_before_it():
    text = rendered(long_ladder())
    assert len(text) < COMMENT_LIMIT
    confirmed = text.index("Confirmed: gunicorn-gthread-pool at 19,000 tasks a minute")
    helped = text.index("- More workers: uwsgi-8 (against uwsgi-2): Helped because of workers (8 instead of 2)")
    assert confirmed < helped < text.index("| configuration |")
    assert "- With 150 users: The ranking changes with the distance: from 1 ms on gunicorn-gevent is ahead" in text


def test_exports_and_the_small_requests_beside_them_have_tables_of_their_own():
    rows = [line for line in rendered(exports()).splitlines() if line.startswith("|")]

    assert f"| naive-xls | {EXPORT} | 40 | 32.5 % | 5.00 % | 17.5 % | 1.45 s | 1.48 s | 2.95 s | 5.0 MiB |" in rows
    assert f"| streamed | {SMALL} | 900 | 0 % | 0 % | 0 % | 18 ms | 35 ms | 35 ms |" in rows
    assert "The exports:" not in rendered(samples.picked())
