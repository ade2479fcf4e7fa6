"""Triggers that protect rows from UPDATE, DELETE and TRUNCATE (no ORM)."""

from __future__ import annotations

import pgtrigger


def immutable() -> pgtrigger.Protect:
    """For rows that others refer to, such as versions and evidence: neither UPDATE nor DELETE."""
    return pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)


def append_only() -> pgtrigger.Protect:
    """For logs: neither UPDATE nor DELETE."""
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def no_truncate() -> pgtrigger.Trigger:
    """Refuses TRUNCATE, which row triggers do not see. Tests empty their database and switch it off by a setting."""
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN"
        " RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;",
    )
