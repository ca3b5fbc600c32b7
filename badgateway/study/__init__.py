"""Orchestrates: deploy, drive, keep, analyse. It never judges."""
