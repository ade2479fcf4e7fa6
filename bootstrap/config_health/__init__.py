"""Config health: what agents report of each deployment's variables, judged against what checklists ask for.

In: reports (names, states, verdicts and fingerprints, computed where the values are), rules of variables, sign-offs.
Out: the newest state of each variable, its drift, and findings with the time of opening and closing.
Promises: no value is stored, whatever a report contains; a finding is opened and closed, never rewritten; at most one
is open for each (deployment, subject, kind); receiving or judging the same twice changes nothing.
"""
