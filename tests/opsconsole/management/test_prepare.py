"""What `manage.py prepare` says of loaded content."""

from __future__ import annotations

from opsconsole.management.commands.prepare import _by_kind


def test_kinds_are_counted_in_the_plural() -> None:
    lines = ["policy A loaded", "policy B loaded", "rule X loaded", "rule Y loaded", "project P loaded"]
    assert _by_kind(lines) == "2 policies, 2 rules, 1 project"
