"""Turns log files, the kit's own or anybody's, into tables of evidence."""

from badgateway.logs.given_format import GivenFormat, given_format
from badgateway.logs.log_evidence import LogEvidence, LogFile, MalformedLine
from badgateway.logs.reading import read_logs
from badgateway.logs.source import Source

__all__ = ["GivenFormat", "LogEvidence", "LogFile", "MalformedLine", "Source", "given_format", "read_logs"]
