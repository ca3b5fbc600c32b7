"""The export that does not keep anybody waiting: a task makes the file outside the web server's workers."""

from django.http import JsonResponse
from django.urls import reverse

from school.exports.request import ExportRequest
from school.tasks import make_workbook


def export(wanted: ExportRequest) -> JsonResponse:
    """Answer 202 at once, with the address that tells how the task is getting on."""
    task = make_workbook.enqueue(wanted.rows)
    status_url = reverse("export-status", args=[task.id])
    return JsonResponse({"status_url": status_url}, status=202, headers={"Location": status_url})
