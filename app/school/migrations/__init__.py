"""Database migrations of the school."""
