from django.db import migrations

# Events are partitioned and not managed by Django (0001). Tags and users are looked for among all days that are kept:
# one index for both, of hashes of paths and values. A trace is one of very many values, most events may have none.
ADD = """
ALTER TABLE detections_event
    ADD COLUMN user_hashes bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN platform varchar(64) NOT NULL DEFAULT '';
CREATE INDEX detections_event_searched ON detections_event USING gin (tags jsonb_path_ops, user_hashes);
CREATE INDEX detections_event_trace ON detections_event (trace_id) WHERE trace_id <> '';
"""
REMOVE = """
DROP INDEX detections_event_trace;
DROP INDEX detections_event_searched;
ALTER TABLE detections_event DROP COLUMN platform, DROP COLUMN user_hashes;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('detections', '0014_issue_figures'),
    ]

    operations = [
        migrations.RunSQL(ADD, REMOVE),
    ]
