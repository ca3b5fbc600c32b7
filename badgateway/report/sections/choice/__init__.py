"""How the pick was made."""
