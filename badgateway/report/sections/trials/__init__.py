"""Every trial."""
