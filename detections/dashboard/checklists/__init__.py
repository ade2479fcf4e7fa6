"""The page of a checklist run: the checklist itself (bootstrap) with the rules that wait for its items.

In: a run, the rules in force. Out: a page and its polled fragment. Promises: each act goes through bootstrap's views.
"""
