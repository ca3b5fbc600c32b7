"""The configurations step by step."""
