"""A small project that fails on purpose, and what runs the command on it."""
