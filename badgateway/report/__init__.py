"""Renders a study: pure functions from its summary to HTML, Markdown and JSON."""
