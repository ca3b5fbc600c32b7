"""The parts of a report, a folder each; no section knows another one."""
