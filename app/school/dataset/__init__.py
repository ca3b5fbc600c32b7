"""The school's data: made from a seed, loaded once, taken back to what was loaded."""
