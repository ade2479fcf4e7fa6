"""What is wrong in an environment: inputs are read and judged (pure), then findings are opened and closed.

In: rules of variables, reported states, sign-offs, postures. Out: `Finding` rows.
"""
