"""The one voice: what facts are called and how they are said; digits, units and plurals come from `numbers`."""
