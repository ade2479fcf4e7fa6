"""What the admin's form of a policy posts."""

from __future__ import annotations


def matcher_rows(*rows: tuple[str, ...]) -> dict[str, str]:
    """The fields of matchers, each as (what, name of the label, words)."""
    posted = {"matchers-TOTAL_FORMS": str(len(rows)), "matchers-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        names = ("key", "name", "words")
        posted |= {f"matchers-{number}-{name}": text for name, text in zip(names, row, strict=True)}
    return posted
