"""Helpers without a domain: no models, and nothing of the rooms above.

web/     HTTP: htmx fragments, API errors and schemas, lists and paging, admin building blocks
charts/  time charts and small drawings as SVG
db/      bulk writes, triggers, table creation
text/    markdown, YAML, times and numbers in words, secrets inside text
and the clock, Redis, task triggers and memory. A pure file says so in its first line.
"""
