"""Starts and stops the system under test: the database, the application server, nginx."""
