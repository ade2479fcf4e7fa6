"""Judges rules slot by slot: scheduling, scopes, one file per kind of rule, and the writer of what was judged.

In: due and dirty slots, counts, coverage, findings. Out: `Evaluation`, `Evidence` and `Verdict` rows.
"""
