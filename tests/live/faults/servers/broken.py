"""A server file that Gunicorn cannot read."""

raise RuntimeError("planted: this file cannot be read")
