"""How it was measured, what it could not have seen, where it ran."""
