"""Alerts: one episode per scope, its log, the routing and the delivery of messages.

In: `Verdict` rows (rules), acts of people. Out: episodes, deliveries through channels.
Promises: at most one open episode per scope (a constraint of the database); every change is a log row; a delivery is
written in the transaction of the change that caused it and sent at least once.
"""
