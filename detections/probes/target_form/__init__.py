"""The form of a target and its invariants in the admin, and how the file of a target fills it in."""
