"""One module a resource; a wrong request raises, and errors.py answers in JSON."""
