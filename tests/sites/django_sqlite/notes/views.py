"""Pages of the site."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View
from notes.models import Note


def home(_request):
    """Say how many notes there are."""
    return HttpResponse(f"<h1>{Note.objects.count()} notes</h1>")


class NoteList(View):
    """The newest notes."""

    def get(self, _request):
        """List them."""
        return JsonResponse({"notes": list(Note.objects.order_by("-id").values("id", "text")[:20])})


def note(_request, number):
    """One of them."""
    return JsonResponse({"text": get_object_or_404(Note, pk=number).text})
