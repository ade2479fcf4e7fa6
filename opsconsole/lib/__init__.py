"""Helpers without a domain: no models, no imports from the packages above.

web/     HTTP: htmx fragments, API errors and schemas, lists and paging, admin building blocks
charts/  time charts and small drawings as SVG
db/      bulk writes, triggers, table creation
text/    markdown, YAML, times and numbers in words, secrets inside text
and the clock, Redis, task triggers and memory. "(pure)" in the first line of a file: no I/O, no clock, no ORM.
"""
