"""A runbook's items edited on a page: acts that change the lines of its text, gathered in a draft, stored as a version.

The text stays the truth. Each act is judged by reading the text again: what comes out must be what was asked for, and
nothing besides (`apply.py`).
"""
