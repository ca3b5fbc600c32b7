"""The frozen types every room shares; units are in the names."""
