"""Renders an explanation of log files: pure functions to text, Markdown, HTML and JSON."""
