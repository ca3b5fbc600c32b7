"""Finds out why a WSGI site answers 502 and 504 under load, and which server configuration stops it."""
