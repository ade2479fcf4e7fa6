"""Triggers that keep evidence as it was (no ORM): rows that are never changed, deleted or emptied away."""

from __future__ import annotations

import pgtrigger


def immutable() -> pgtrigger.Protect:
    """Other rows point at it: what was signed, judged or told must stay what it was."""
    return pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)


def append_only() -> pgtrigger.Protect:
    """A log: what happened is a new row."""
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def no_truncate() -> pgtrigger.Trigger:
    """TRUNCATE passes by what protects rows. The setting is for the tests, which empty their own database."""
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN"
        " RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;",
    )
