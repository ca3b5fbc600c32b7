"""How the chance of calling equal arms different, 5 % in all, is shared out."""

LOOK = 0.005
"""All looks before the last block together; they only end a race, by a t test."""
FINAL = 0.04
"""The last look, by the exact test: with 8 blocks it is used up to 0.039."""
THROUGHPUT = 0.01
"""Asked only of arms that are equivalent in latency, so it adds at most 0.7 x 0.0078 with 8 blocks."""
