"""Some notes to begin with."""

from django.core.management.base import BaseCommand
from notes.models import Note


class Command(BaseCommand):
    """Write them."""

    def handle(self, **_options):
        """Write a hundred."""
        Note.objects.bulk_create(Note(text=f"Note {number}") for number in range(1, 101))
