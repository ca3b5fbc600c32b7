"""The ranking at each value of an axis."""
