"""Helpers for HTML in tests."""

from __future__ import annotations


def folded(html: str) -> str:
    """`html` with every run of white space as one space, as a browser shows it."""
    return " ".join(html.split())
