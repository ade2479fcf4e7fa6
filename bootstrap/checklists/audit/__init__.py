"""The audit chain of sign-offs: rows are appended with the hash of the one before, and verified."""
