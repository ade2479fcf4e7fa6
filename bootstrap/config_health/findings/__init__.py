"""What is wrong in an environment: inputs are read, judged (pure), and findings opened and closed accordingly.

In: rules of variables, reported states, sign-offs, postures. Out: `Finding` rows.
"""
