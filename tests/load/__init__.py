"""Tests of badgateway.load."""
