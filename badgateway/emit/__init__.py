"""Pure: from a run's report and the pick to the files that deploy it."""
