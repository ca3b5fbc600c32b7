"""Decides what an experiment file says of a site that the kit has never seen, by what was found of it."""
