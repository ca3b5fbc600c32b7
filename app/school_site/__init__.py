"""The school site: settings, URLs and the WSGI entrance."""
