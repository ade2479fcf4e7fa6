"""Who is to do a run and each of its items, and until when: set, carried over, read, and what of it is overdue.

In: runs, owners, dates. Out: `RunPlan` rows, views of them, what is overdue.
Promises: what is settled is never overdue; a run and an item have one row each; every change is in the history.
"""
