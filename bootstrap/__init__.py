"""What an environment needs before detections can work in it: environments, flags, variables, checklists, sign-offs.

In: checklists (content that the first start loads), sign-offs by people.
Out: whether a prerequisite holds, and why not.
Promises: a sign-off is a row that nobody can change; whether a prerequisite holds is derived, never stored.
"""
