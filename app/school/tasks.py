"""What is done outside the web server's workers, by: manage.py db_worker."""

from contextlib import closing

from django_tasks import TaskContext, task

from school.exports.columns import TITLES
from school.exports.finished_file import write_file
from school.exports.member_rows_stream import MemberRowsStream
from school.exports.xlsx import xlsx_chunks


@task(takes_context=True)
def make_workbook(context: TaskContext, rows: int | None) -> int:
    """Make the workbook of an export; return how many rows it has."""
    with closing(MemberRowsStream(rows)) as stream:
        write_file(context.task_result.id, xlsx_chunks(TITLES, stream, stream.rows))
        return stream.rows
