"""Supervises any child process; knows no server by name."""
