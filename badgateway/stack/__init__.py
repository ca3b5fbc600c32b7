"""Starts and stops the system under test: MariaDB, the application server, nginx."""
