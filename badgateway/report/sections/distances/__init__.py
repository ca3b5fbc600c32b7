"""The ranking at each database distance."""
