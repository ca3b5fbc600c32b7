"""Turns log files, the kit's own or anybody's, into tables of evidence."""

from badgateway.logs.evidence import LogEvidence, LogFile, MalformedLine
from badgateway.logs.reading import read_logs
from badgateway.logs.source import Source

__all__ = ["LogEvidence", "LogFile", "MalformedLine", "Source", "read_logs"]
