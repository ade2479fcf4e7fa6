"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

EXAMPLES = 50  # of the default profile


def examples(usual: int) -> int:
    """For `max_examples`: `usual` under the default profile, in proportion under the others, at least one."""
    return max(1, usual * settings().max_examples // EXAMPLES)
