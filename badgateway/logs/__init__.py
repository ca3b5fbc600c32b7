"""Reads production logs of proxies and servers into tables of evidence."""
