"""The connections to the database over time."""
