"""All that is true of one database alone, a module for each; pure: `stack` and `probe` carry it out."""
