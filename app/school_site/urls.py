"""The addresses of the site; every error is answered in JSON."""

from django.urls import path

from school.views import export, finished, health, members, scores, wait

urlpatterns = [
    path("healthz", health.healthz),
    path("wait/", wait.wait),
    path("members/", members.member_list),
    path("members/export.xlsx", export.export_members),
    path("exports/<uuid:task_id>/", finished.export_status, name="export-status"),
    path("exports/<uuid:task_id>/members.xlsx", finished.export_file, name="export-file"),
    path("members/<int:member_id>/", members.member_detail),
    path("members/<int:member_id>/scores/", scores.add_score),
]

handler400 = "school.views.errors.bad_request"
handler404 = "school.views.errors.not_found"
handler500 = "school.views.errors.server_error"
