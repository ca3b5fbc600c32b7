"""Failures and late answers over time."""
