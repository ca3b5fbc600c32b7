"""Latency and throughput of OK requests."""
