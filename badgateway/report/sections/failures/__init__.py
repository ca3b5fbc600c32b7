"""The requests that failed, by what happened to them."""
