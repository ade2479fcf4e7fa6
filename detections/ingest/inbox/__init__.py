"""Storing requests in the inbox: group commit, insert, and the trigger of the digest."""
