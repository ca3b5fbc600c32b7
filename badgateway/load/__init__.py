"""Drives Locust as a child process; the recorder is the part that runs inside it."""
