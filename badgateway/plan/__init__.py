"""From an experiment file to an ordered list of trials."""
