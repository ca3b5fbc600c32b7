"""The answer to the question."""
