"""Alerts: one episode per scope, its log, who is told and how it was delivered.

In: `Verdict` rows (rules), people's acts. Out: episodes, deliveries through channels.
Promises: at most one open episode per scope (the database holds it); every change is a log row; a delivery is
written in the transaction of the change that caused it and sent at least once.
"""
