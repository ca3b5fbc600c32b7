"""Renders a run: pure functions from its summary to HTML, Markdown and JSON."""
