"""Runs that repeat: when each period starts, the runs that are opened for it, and what the last signatures still prove.

In: a schedule, which a person writes in a zone. Out: one run for each period, named by it (2026-Q4); the run before is
closed as finished or as missed. Promises: one run for a schedule and period, however many beats there are; after the
console was away the current period has its run, and those that had none are counted, not made up.
"""
