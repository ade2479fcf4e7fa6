"""The page of a checklist run: the checklist (bootstrap) with the rules that have its items as prerequisites.

In: a run, the rules in force. Out: a page and its polled fragment. Promises: each act goes through bootstrap's signing.
"""
