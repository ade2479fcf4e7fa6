"""Config health: what agents report of each deployment's variables, judged against what checklists ask for.

In: reports (names, states, verdicts and fingerprints worked out where the values are), rules of variables, sign-offs.
Out: the newest state of each variable, its drift, findings as intervals.
Promises: no value is taken in, whatever a report holds; a finding is opened and closed, never rewritten; at most one is
open for each (deployment, subject, kind); whatever is asked again gives the same rows.
"""
