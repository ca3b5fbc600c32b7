"""Why requests failed."""
