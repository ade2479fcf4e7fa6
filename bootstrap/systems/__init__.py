"""What there is to watch: systems, their applications and environments, flags and variables.

In: content of the first start, the admin. Out: rows that projects, checklists and rules point at.
"""
