"""What became of exports."""
