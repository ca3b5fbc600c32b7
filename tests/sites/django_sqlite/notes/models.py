"""The site's one table."""

from django.db import models


class Note(models.Model):
    """A short text."""

    text = models.CharField(max_length=200)
