"""Bodies of database triggers on the tables of alerts (PL/pgSQL)."""

LAST_POLICY_CATCHES_ALL = """
    IF NOT EXISTS (
        SELECT FROM detections_notificationpolicy last
        WHERE last."order" = (SELECT max("order") FROM detections_notificationpolicy WHERE parent_id IS NULL)
          AND last.matchers = '{}'::jsonb AND last.window_id IS NULL
    ) THEN
        RAISE EXCEPTION 'the last policy must match everything' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""
