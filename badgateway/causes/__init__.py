"""The catalogue of causes, and the rules that find them in evidence."""
