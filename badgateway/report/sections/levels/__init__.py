"""All numbers, a row for each configuration and load level."""
