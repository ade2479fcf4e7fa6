"""People and programs that use the console: users, groups with permissions, API tokens.

In: logins, bearer tokens. Out: a user or a token owner, whom logs name as the actor.
"""
