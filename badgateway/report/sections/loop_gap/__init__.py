"""Users who wait beside requests that do not."""
