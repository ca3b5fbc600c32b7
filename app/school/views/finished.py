"""How an export that a task makes is getting on, and its file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from school.exports.answers import file_headers
from school.exports.finished_file import path_of
from school.exports.xlsx import CONTENT_TYPE, FILE_NAME
from school.tasks import make_workbook

# An "internal" location of nginx: the folder of the finished files.
ACCEL_LOCATION = "/finished-exports/"


@require_safe
def export_status(_request: HttpRequest, task_id: UUID) -> JsonResponse:
    """Answer with the task's state (READY, RUNNING, FAILED or SUCCESSFUL) and, at its end, where the file is."""
    task = _task(task_id)
    done = task.status == TaskResultStatus.SUCCESSFUL
    file_url = reverse("export-file", args=[task_id]) if done else None
    return JsonResponse({"state": task.status, "file_url": file_url})


@require_safe
def export_file(_request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Let nginx send the finished file."""
    task = _task(task_id)
    if task.status != TaskResultStatus.SUCCESSFUL:
        raise Http404(f"The export {task_id} is not finished: {task.status}")
    location = ACCEL_LOCATION + path_of(str(task_id)).name
    headers = file_headers(CONTENT_TYPE, FILE_NAME, task.return_value)
    return HttpResponse(headers={**headers, "X-Accel-Redirect": location})


def _task(task_id: UUID) -> TaskResult[int]:
    try:
        return make_workbook.get_result(str(task_id))
    except TaskResultDoesNotExist:
        raise Http404(f"There is no export {task_id}") from None
