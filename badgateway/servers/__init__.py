"""All that is true of one application server alone, a module for each; pure: `stack` and `probe` carry it out."""
