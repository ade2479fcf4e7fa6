"""The pages that people look at: overview, routes, issues. No models; sits on top of the pipeline.

In: queries of telemetry, rules, alerts and bootstrap. Out: HTML, whole pages and the fragments that they poll.
Promises: every number can be traced to stored rows; a fixed number of queries a page; filters live in the address.
"""
