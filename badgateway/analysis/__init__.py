"""Pure: what the raw files of a trial, a run, or a site's own logs say; it starts nothing and talks to nobody."""
