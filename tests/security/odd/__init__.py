"""Huge numbers, impossible dates, NUL, broken encodings and overlong text in every place that takes a value.

The answer is a page, a redirect or a refusal, never a failure of the console. A file for each kind of place: those of
one file run in one process.
"""
