"""The trigger that keeps a name of an environment, slug or alias, from another environment of the same system.

No unique index reaches across the elements of arrays. The lock on the system makes two writers wait for each other.
"""

from __future__ import annotations

import pgtrigger

_FUNCTION = """
PERFORM 1 FROM bootstrap_system WHERE id = NEW.system_id FOR NO KEY UPDATE;
IF EXISTS (
    SELECT 1 FROM bootstrap_environment AS other, unnest(other.aliases || other.slug::varchar) AS theirs
    WHERE other.system_id = NEW.system_id AND other.id <> NEW.id
    AND lower(btrim(theirs)) IN (SELECT lower(btrim(own)) FROM unnest(NEW.aliases || NEW.slug::varchar) AS own)
) THEN
    RAISE EXCEPTION 'another environment of the system has a name of %', NEW.slug
    USING ERRCODE = 'unique_violation', CONSTRAINT = 'environment_names_once';
END IF;
RETURN NEW;
"""


def names_once() -> pgtrigger.Trigger:
    """Refuses, with an IntegrityError, what the form refuses in words unless two people write at once."""
    return pgtrigger.Trigger(
        name="names_once",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("slug", "aliases", "system_id"),  # type: ignore[no-untyped-call]
        func=_FUNCTION,
    )
