"""The stands on which faults are planted, their site, their client and their false upstream."""
