"""The addresses of the site; every error is answered in JSON."""

from django.urls import path

from school.views import export, finished, health, index, members, scores, wait

urlpatterns = [
    path("", index.index),
    path("healthz", health.healthz, name="healthz"),
    path("wait/", wait.wait, name="wait"),
    path("members/", members.member_list, name="members"),
    path("members/export.xlsx", export.export_members, name="export"),
    path("exports/<uuid:task_id>/", finished.export_status, name="export-status"),
    path("exports/<uuid:task_id>/members.xlsx", finished.export_file, name="export-file"),
    path("members/<int:member_id>/", members.member_detail, name="member"),
    path("members/<int:member_id>/scores/", scores.add_score, name="scores"),
]

handler400 = "school.views.errors.bad_request"
handler404 = "school.views.errors.not_found"
handler500 = "school.views.errors.server_error"
