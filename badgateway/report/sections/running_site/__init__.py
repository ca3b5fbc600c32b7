"""What the logs of a site that already runs told of its trials."""
