"""Routes of the site."""

from django.contrib import admin
from django.urls import path
from notes import views

urlpatterns = [
    path("", views.home),
    path("notes/", views.NoteList.as_view(), name="notes"),
    path("notes/<int:number>/", views.note, name="note"),
    path("admin/", admin.site.urls),
]
