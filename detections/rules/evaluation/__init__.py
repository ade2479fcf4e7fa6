"""Judges rules slot by slot: scheduling, the steps that all kinds share, one evaluator a kind, and the writer.

In: due and dirty slots, counts, coverage, findings. Out: `Evaluation`, `Evidence` and `Verdict` rows. `registry` lists
the evaluators; `evaluate` runs them.
"""
