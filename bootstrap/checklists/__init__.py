"""Checklists: versions made of sections and items, runs pinned to a version, sign-offs.

In: imported texts, people's sign-offs. Out: item states, derived from the newest sign-off and the dependencies.
Promises: a version never changes; sign-offs are append-only and hash-chained.
"""
