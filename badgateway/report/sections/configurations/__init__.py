"""What differs between the configurations, and the evidence for each."""
