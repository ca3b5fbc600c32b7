"""What a log line says about the request it belongs to."""

import logging


class RequestIdentity(logging.Filter):
    """Gives every record the request_id that the proxy sent in X-Request-ID, or "-" when there is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add request_id to a record; let every record pass."""
        headers = getattr(getattr(record, "request", None), "headers", {})
        record.request_id = headers.get("X-Request-ID", "-")
        return True
