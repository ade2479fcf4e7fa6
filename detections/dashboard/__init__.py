"""The pages of overview, routes, issues and checklist runs. No models; on top of all other rooms.

In: queries of telemetry, rules, alerts and bootstrap. Out: HTML, whole pages and the fragments that they poll.
Promises: every number can be traced to stored rows; a fixed number of queries a page; filters live in the address.
"""
