"""What an environment needs before detections can work in it: environments, flags, variables, checklists, sign-offs.

In: runbooks with checklists, sign-offs by people, reports of agents.
Out: whether a prerequisite is met, and why not.
Promises: a sign-off is a row that nobody can change; whether a prerequisite is met is derived, never stored.
"""
