"""Samples the machine and the processes on it; changes nothing."""
