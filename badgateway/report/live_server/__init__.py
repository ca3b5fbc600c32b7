"""What is seen of a server that runs, for people and for Prometheus."""
