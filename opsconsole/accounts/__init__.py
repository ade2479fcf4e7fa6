"""People and programs that use the console: users, groups with permissions, API tokens.

In: logins and bearer tokens. Out: a user, or a token with its owner; logs record either as the actor.
"""
