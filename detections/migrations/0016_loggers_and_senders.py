from django.db import migrations, models, transaction

# Searches by logger and by transaction look at all events of the days that they search: of a name that nobody sends
# these were read whole. Most events have one of both.
INDEXES = {
    'logger': "(logger) WHERE logger <> ''",
    'transaction': "(transaction) WHERE transaction <> ''",
}
REMOVE = """
DROP INDEX IF EXISTS detections_event_transaction;
DROP INDEX IF EXISTS detections_event_logger;
"""
LACKING = """
SELECT day.inhrelid::regclass::text FROM pg_inherits AS day
WHERE day.inhparent = 'detections_event'::regclass AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_inherits AS part ON part.inhrelid = indexrelid
    WHERE indrelid = day.inhrelid AND part.inhparent = %s::regclass)
"""
# 0014 made the users of issues anew from the events that were stored, and left the issues' number of them: of whom
# nothing was stored any more is counted again when they come back, and an issue had more users than its environments.
DIFFERING = """
SELECT issue.id FROM detections_issue AS issue
JOIN (SELECT issue_id, count(DISTINCT user_hash) AS users FROM detections_issueuser GROUP BY issue_id) AS known
    ON known.issue_id = issue.id
WHERE issue.users <> known.users ORDER BY issue.id
"""
# As digests lock them. What is counted by a statement after the lock includes what a digest added before it.
LOCK = 'SELECT FROM detections_issue WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE'
COUNT = """
UPDATE detections_issue AS issue SET users = known.users
FROM (
    SELECT issue_id, count(DISTINCT user_hash) AS users FROM detections_issueuser
    WHERE issue_id = ANY(%s) GROUP BY issue_id
) AS known WHERE known.issue_id = issue.id
"""
AT_ONCE = 500


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


def count_users(apps, schema_editor):
    """Some issues at a time, while events are written."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(DIFFERING)
        found = [pk for (pk,) in cursor.fetchall()]
        for first in range(0, len(found), AT_ONCE):
            some = found[first : first + AT_ONCE]
            with transaction.atomic(using=connection.alias):
                cursor.execute(LOCK, [some])
                cursor.execute(COUNT, [some])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('detections', '0015_search_of_events'),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, REMOVE),
        migrations.RunPython(add_indexes, migrations.RunPython.noop),
        migrations.RunPython(count_users, migrations.RunPython.noop),
        migrations.AddField(
            model_name='quarantined',
            name='sender',
            field=models.CharField(
                blank=True,
                db_default='',
                default='',
                help_text='Address of the client until it is tried again.',
                max_length=45,
            ),
        ),
    ]
