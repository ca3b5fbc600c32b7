"""A command in a process of its own, and readers that leave, disks that are full, and streams that are closed."""

import subprocess
import sys

import pytest

ANSWER = """
import sys
from badgateway.cli.streams import keep_going_unread
keep_going_unread()
for number in range(20_000):
    print("answer", number)
    print("progress", number, file=sys.stderr)
open("reached-its-end", "w").close()
sys.exit(3)
"""


def shell(line: str, tmp_path) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "answer.py"
    script.write_text(ANSWER)
    told = line.format(answer=f"{sys.executable} {script}")
    return subprocess.run(
        ["bash", "-c", told], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )  # fmt: skip


@pytest.mark.parametrize("line", ["{answer} 2>/dev/null | head -1", "{answer} 2>&1 | head -1", "{answer} 2>&1 | true"])
def test_a_reader_that_has_gone_takes_neither_the_work_nor_the_status_along(line, tmp_path):
    done = shell(f"{line}; exit ${{{{PIPESTATUS[0]}}}}", tmp_path)

    assert (done.returncode, done.stderr) == (3, "")
    assert (tmp_path / "reached-its-end").exists()


def test_all_is_written_to_a_reader_that_stays(tmp_path):
    done = shell("{answer}", tmp_path)

    assert done.returncode == 3
    assert (done.stdout.count("answer"), done.stderr.count("progress")) == (20_000, 20_000)


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_no_reason_to_stop(closing, tmp_path):
    assert shell(f"{{answer}} {closing}", tmp_path).returncode == 3
    assert (tmp_path / "reached-its-end").exists()


def test_progress_that_a_full_disk_cannot_take_is_no_reason_to_stop(tmp_path):
    assert shell("{answer} 2>/dev/full", tmp_path).returncode == 3


BADGATEWAY = "import sys; from badgateway.cli import main; main()"


def test_the_help_of_a_command_on_a_full_disk_is_one_line_and_status_4(tmp_path):
    done = shell(f"{sys.executable} -c '{BADGATEWAY}' --help >/dev/full", tmp_path)

    assert (done.returncode, done.stderr) == (
        4,
        "badgateway: standard output: cannot be written: No space left on device\n",
    )


def test_the_help_of_a_command_read_to_its_first_line_is_no_failure(tmp_path):
    done = shell(f"{sys.executable} -c '{BADGATEWAY}' --help | true; exit ${{{{PIPESTATUS[0]}}}}", tmp_path)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_standard_input_that_is_closed_is_empty(tmp_path):
    done = shell(f"{sys.executable} -c '{BADGATEWAY}' explain - <&-", tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith("badgateway: there is nothing to explain, no line in standard input: ")
