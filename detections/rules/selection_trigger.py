"""The trigger that tells telemetry what rules in force select by name (`telemetry.places.rule_selection`; no ORM)."""

from __future__ import annotations

import pgtrigger

# The modes are those of `active_rules.JUDGED`: also what is judged in shadow must be counted.
_KEEP = """
IF TG_OP = 'DELETE' THEN
    DELETE FROM detections_ruleselection WHERE rule = OLD.id;
    RETURN NULL;
END IF;
DELETE FROM detections_ruleselection WHERE rule = NEW.id;
INSERT INTO detections_ruleselection (rule, project, environment, route)
SELECT NEW.id, coalesce(selector->>'project', ''), coalesce(selector->>'environment', ''),
    coalesce(selector->>'route', '')
FROM (SELECT spec->'selector' AS selector FROM detections_ruleversion WHERE id = NEW.current_id) AS version
WHERE NEW.mode IN ('active', 'shadow')
    AND concat(selector->>'environment', selector->>'route') <> '';
RETURN NULL;
"""


def keep_selection() -> pgtrigger.Trigger:
    """Keeps the rule's row of RuleSelection as its mode and current version say."""
    moved = pgtrigger.UpdateOf("mode", "current_id")  # type: ignore[no-untyped-call]
    return pgtrigger.Trigger(
        name="keep_selection",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | moved | pgtrigger.Delete,
        func=_KEEP,
    )
