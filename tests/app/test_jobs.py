import io
from uuid import uuid4

import openpyxl
import pytest
from django.core.management import call_command
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from school.exports.columns import TITLES
from tests.app.conftest import MEMBERS

ADDRESS = "/members/export.xlsx?strategy=job"


@pytest.fixture
def folder(settings, tmp_path):
    settings.EXPORT_FOLDER = tmp_path / "exports"
    return settings.EXPORT_FOLDER


@pytest.fixture
def work():
    """Return a function that does what `manage.py db_worker` does with the one task, in the test's own transaction."""
    worker = Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1,
        worker_id="test",
        excluded_queue_names=[],
    )

    def do():
        task = DBTaskResult.objects.get()
        task.claim("test")
        worker.run_task(task)

    return do


def test_a_job_is_answered_at_once_and_its_file_is_there_when_the_task_is_done(client, folder, work):
    ordered = client.get(ADDRESS)
    status_url = ordered.json()["status_url"]
    waiting = client.get(status_url).json()
    work()
    done = client.get(status_url).json()
    answer = client.get(done["file_url"])

    assert (ordered.status_code, ordered["Location"]) == (202, status_url)
    assert waiting == {"state": "READY", "file_url": None}
    assert done["state"] == "SUCCESSFUL"
    assert (answer.content, answer["X-Export-Rows"]) == (b"", str(MEMBERS))
    (file,) = folder.iterdir()
    assert answer["X-Accel-Redirect"] == f"/finished-exports/{file.name}"
    rows = list(openpyxl.load_workbook(file)["Members"].iter_rows(values_only=True))
    assert (rows[0], len(rows)) == (TITLES, MEMBERS + 1)


def test_a_job_makes_as_many_rows_as_are_asked_for(client, folder, work):
    client.get(f"{ADDRESS}&rows=300")
    work()

    (file,) = folder.iterdir()
    assert openpyxl.load_workbook(io.BytesIO(file.read_bytes()))["Members"].max_row == 301


def test_a_job_that_fails_says_so_and_leaves_no_file(client, folder, work):
    folder.write_text("a file where the folder should be")
    status_url = client.get(ADDRESS).json()["status_url"]
    work()

    assert client.get(status_url).json() == {"state": "FAILED", "file_url": None}
    answer = client.get(f"{status_url}members.xlsx")
    assert answer.status_code == 404
    assert answer.json()["error"].endswith("is not finished: FAILED")


def test_a_file_that_breaks_off_is_not_there(folder):
    from school.exports.finished_file import write_file  # noqa: PLC0415 - Django is up by now

    def content():
        yield b"PK"
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        write_file("x", content())
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("address", ["/exports/{}/", "/exports/{}/members.xlsx"])
def test_an_unknown_job_is_not_found(client, address):
    answer = client.get(address.format(uuid4()))

    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no export ")


def test_restoring_forgets_the_jobs_of_the_trial_before(client, folder):
    client.get(ADDRESS)
    call_command("restore", stdout=io.StringIO())

    assert not DBTaskResult.objects.exists()
