from django.db import migrations

# Events are partitioned and not managed by Django (0001). Tags and users are looked for among all days that are kept:
# one index for both, of hashes of paths and values. A trace is one of very many values, most events may have none.
ADD = """
ALTER TABLE detections_event
    ADD COLUMN IF NOT EXISTS user_hashes bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS platform varchar(64) NOT NULL DEFAULT '';
"""
REMOVE = """
DROP INDEX IF EXISTS detections_event_trace;
DROP INDEX IF EXISTS detections_event_searched;
ALTER TABLE detections_event DROP COLUMN IF EXISTS platform, DROP COLUMN IF EXISTS user_hashes;
"""
INDEXES = {
    'searched': 'USING gin (tags jsonb_path_ops, user_hashes)',
    'trace': "(trace_id) WHERE trace_id <> ''",
}
LACKING = """
SELECT day.inhrelid::regclass::text FROM pg_inherits AS day
WHERE day.inhparent = 'detections_event'::regclass AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_inherits AS part ON part.inhrelid = indexrelid
    WHERE indrelid = day.inhrelid AND part.inhparent = %s::regclass)
"""


def add_indexes(apps, schema_editor):
    """Day by day, while events are written and read. Goes on where it was stopped."""
    with schema_editor.connection.cursor() as cursor:
        for name, columns in INDEXES.items():
            whole = f'detections_event_{name}'
            cursor.execute(f'CREATE INDEX IF NOT EXISTS {whole} ON ONLY detections_event {columns}')
            cursor.execute(LACKING, [whole])
            for (day,) in cursor.fetchall():
                cursor.execute(f'DROP INDEX IF EXISTS {day}_{name}')
                cursor.execute(f'CREATE INDEX CONCURRENTLY {day}_{name} ON {day} {columns}')
                cursor.execute(f'ALTER INDEX {whole} ATTACH PARTITION {day}_{name}')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('detections', '0014_issue_figures'),
    ]

    operations = [
        migrations.RunSQL(ADD, REMOVE),
        migrations.RunPython(add_indexes, migrations.RunPython.noop),
    ]
