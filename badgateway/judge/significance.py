"""How the chance of calling configurations different that are alike, 5 % in all, is shared out."""

LOOKS = 0.003
"""All looks before the last block together; they only end a race, by a t test."""
ALONE = 0.032
"""One comparison alone, both sides; a configuration is proven best when it is ahead of each rival at this level.

The exact test with 6 blocks uses 0.031 of it, with 8 blocks 0.023.
"""
TOGETHER = 0.02
"""Any pair of the study: the range of aligned ranks, with three and more configurations."""
THROUGHPUT = 0.002
"""Any pair of the study: t tests, after Bonferroni's correction for all pairs."""
REGRET = 0.05
"""That some configuration is better than the chosen one by more than is said."""
