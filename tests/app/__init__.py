"""The application under test, without a database server: its data in SQLite, its settings in child processes."""
