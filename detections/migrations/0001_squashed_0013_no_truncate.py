"""Every table as of 0013_no_truncate, made at once; databases that took the steps one by one are not touched."""

import datetime
import detections.telemetry.models
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from opsconsole.lib.db.create_tables import AtOnce


# Partitioned by day, dropped by day; Django does not manage them: see telemetry/partitions.py.
CREATE_EVENT = """
CREATE SEQUENCE detections_event_id_seq;
CREATE TABLE detections_event (
    id bigint NOT NULL DEFAULT nextval('detections_event_id_seq'),
    event_id uuid NOT NULL,
    project_id bigint NOT NULL,
    project_environment_id bigint NOT NULL,
    issue_id bigint NOT NULL,
    series_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    clock_note varchar(20) NOT NULL,
    level varchar(10) NOT NULL,
    handled boolean,
    exception_type varchar(200) NOT NULL,
    message text NOT NULL,
    logger varchar(200) NOT NULL,
    transaction varchar(300) NOT NULL,
    url varchar(600) NOT NULL,
    release varchar(200) NOT NULL,
    trace_id varchar(32) NOT NULL,
    user_hash bigint,
    tags jsonb NOT NULL,
    body bytea,
    chain jsonb NOT NULL DEFAULT '[]',
    places jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
-- Bodies arrive compressed: another compression would only cost time.
ALTER TABLE detections_event ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER SEQUENCE detections_event_id_seq OWNED BY detections_event.id;
-- A scope's events of the last minutes (floors, signatures), the events of an issue, one event by its id.
CREATE INDEX detections_event_scope ON detections_event (project_environment_id, occurred_at);
CREATE INDEX detections_event_issue ON detections_event (issue_id, occurred_at);
CREATE INDEX detections_event_event_id ON detections_event (event_id);
"""

CREATE_MINUTE = """
CREATE SEQUENCE detections_minutecount_id_seq;
CREATE TABLE detections_minutecount (
    id bigint NOT NULL DEFAULT nextval('detections_minutecount_id_seq'),
    project_id bigint NOT NULL,
    series_id bigint NOT NULL,
    minute timestamptz NOT NULL,
    n integer NOT NULL,
    -- Time first and the count included: the last hour of all routes is one short index scan.
    PRIMARY KEY (project_id, minute, series_id) INCLUDE (n)
) PARTITION BY RANGE (minute);
ALTER SEQUENCE detections_minutecount_id_seq OWNED BY detections_minutecount.id;
-- One series over a long range: a route's chart, a baseline's hour.
CREATE INDEX detections_minutecount_series ON detections_minutecount (series_id, minute) INCLUDE (n);
"""

INBOX_STORAGE = """
-- Bodies are stored as they came, mostly compressed; compressing again would only cost time.
ALTER TABLE detections_inbox ALTER COLUMN body SET STORAGE EXTERNAL;
-- Every row is soon deleted: vacuum by number, not by share of a table that is empty most of the time.
ALTER TABLE detections_inbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('detections', '0001_initial'),
        ('detections', '0002_partitioned_tables'),
        ('detections', '0003_alerts_progress'),
        ('detections', '0004_inbox_and_regressions'),
        ('detections', '0005_scope_cells_and_restless_since'),
        ('detections', '0006_baseline_by_hour'),
        ('detections', '0007_held_back_deliveries'),
        ('detections', '0008_issue_log_and_opened_at'),
        ('detections', '0009_places_without_events_and_config_source'),
        ('detections', '0010_rules_over_rules'),
        ('detections', '0011_chains_places_sizes'),
        ('detections', '0012_names_in_full'),
        ('detections', '0013_no_truncate'),
    ]

    dependencies = [
        ('bootstrap', '0001_squashed_0020_no_truncate'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce([
            migrations.CreateModel(
                name='Event',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('event_id', models.UUIDField()),
                    ('received_at', models.DateTimeField()),
                    ('occurred_at', models.DateTimeField(help_text="The event's own time, corrected by sent_at, never after receipt.")),
                    ('clock_note', models.CharField(blank=True, help_text="Set when the event's time was not usable.", max_length=20)),
                    ('level', models.CharField(max_length=10)),
                    ('handled', models.BooleanField(help_text='False: unhandled, counts as a 5xx.', null=True)),
                    ('exception_type', models.CharField(blank=True, max_length=200)),
                    ('message', models.TextField(blank=True, help_text='Exception value or message: what signatures match.')),
                    ('logger', models.CharField(blank=True, max_length=200)),
                    ('transaction', models.CharField(blank=True, max_length=300)),
                    ('url', models.CharField(blank=True, max_length=600)),
                    ('release', models.CharField(blank=True, max_length=200)),
                    ('trace_id', models.CharField(blank=True, max_length=32)),
                    ('user_hash', models.BigIntegerField(null=True)),
                    ('tags', models.JSONField(default=dict)),
                    ('chain', models.JSONField(default=list, help_text='Type and value of its exceptions, the reported one first: what signatures match.')),
                    ('places', models.JSONField(default=list, help_text="Where its frames are, `module:function`, the application's own first, each once.")),
                    ('body', models.BinaryField(help_text='The scrubbed event: JSON, zstd-compressed (telemetry.bodies); null when capped in a flood.', null=True)),
                ],
                options={
                    'db_table': 'detections_event',
                    'managed': False,
                },
            ),
            migrations.CreateModel(
                name='MinuteCount',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('minute', models.DateTimeField()),
                    ('n', models.PositiveIntegerField()),
                ],
                options={
                    'db_table': 'detections_minutecount',
                    'managed': False,
                },
            ),
            migrations.CreateModel(
                name='Evidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slot_end', models.DateTimeField()),
                    ('data', models.JSONField()),
                    ('sentence', models.TextField(help_text='The evidence in one sentence.')),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'verbose_name_plural': 'evidence',
                },
            ),
            migrations.CreateModel(
                name='Issue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.CharField(max_length=300)),
                    ('exception_type', models.CharField(blank=True, max_length=200)),
                    ('value', models.TextField(blank=True, help_text='Exception value or message, scrubbed, shortened.')),
                    ('culprit', models.CharField(blank=True, help_text='Function or route where it happens.', max_length=300)),
                    ('level', models.CharField(max_length=10)),
                    ('status', models.CharField(choices=[('unresolved', 'Unresolved'), ('resolved', 'Resolved'), ('ignored', 'Ignored')], default='unresolved', max_length=12)),
                    ('grouping', models.JSONField(default=dict, help_text='Why these events are one issue: algorithm and components.')),
                    ('first_seen', models.DateTimeField()),
                    ('last_seen', models.DateTimeField()),
                    ('events', models.PositiveBigIntegerField(default=0)),
                    ('users', models.PositiveIntegerField(default=0, help_text='Distinct users, exact up to 10,000.')),
                    ('first_release', models.CharField(blank=True, max_length=200)),
                    ('last_release', models.CharField(blank=True, max_length=200)),
                    ('needs_triage', models.BooleanField(default=True)),
                    ('regressed_at', models.DateTimeField(blank=True, help_text='When it recurred after it was resolved.', null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Rule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('identifier', models.CharField(help_text='e.g. DET-BETA-003', max_length=40, unique=True)),
                    ('title', models.CharField(max_length=200)),
                    ('category', models.CharField(blank=True, max_length=40)),
                    ('owner', models.CharField(blank=True, help_text='Who keeps it right.', max_length=100)),
                    ('mode', models.CharField(choices=[('draft', 'Draft'), ('shadow', 'Shadow (evaluated, nobody notified)'), ('active', 'Active (dormant while prerequisites are unmet)'), ('muted', 'Muted'), ('retired', 'Retired')], default='draft', max_length=8)),
                    ('muted_until', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['identifier'],
                },
            ),
            migrations.CreateModel(
                name='Target',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('channel', models.CharField(choices=[('console', 'Console (shows what would have been sent)')], default='console', max_length=10)),
                    ('stands_for', models.CharField(blank=True, help_text='Channel it stands for, e.g. slack or email.', max_length=20)),
                    ('address', models.CharField(help_text='e.g. #raxx-ops-alert-sev1 or ops@example.org', max_length=200)),
                    ('enabled', models.BooleanField(default=True)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='TargetEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('name', models.CharField(max_length=100)),
                    ('channel', models.CharField(choices=[('console', 'Console (shows what would have been sent)')], default='console', max_length=10)),
                    ('stands_for', models.CharField(blank=True, help_text='Channel it stands for, e.g. slack or email.', max_length=20)),
                    ('address', models.CharField(help_text='e.g. #raxx-ops-alert-sev1 or ops@example.org', max_length=200)),
                    ('enabled', models.BooleanField(default=True)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='TimeWindow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('zone', models.CharField(default='America/New_York', help_text='IANA zone.', max_length=64)),
                    ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='0 Monday … 6 Sunday, comma-separated.', size=None)),
                    ('start', models.CharField(help_text='HH:MM, included.', max_length=5)),
                    ('end', models.CharField(help_text='HH:MM, not included; 24:00 allowed.', max_length=5)),
                    ('holidays', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, help_text='Dates on which it never matches.', size=None)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='TimeWindowEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('name', models.CharField(max_length=100)),
                    ('zone', models.CharField(default='America/New_York', help_text='IANA zone.', max_length=64)),
                    ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='0 Monday … 6 Sunday, comma-separated.', size=None)),
                    ('start', models.CharField(help_text='HH:MM, included.', max_length=5)),
                    ('end', models.CharField(help_text='HH:MM, not included; 24:00 allowed.', max_length=5)),
                    ('holidays', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, help_text='Dates on which it never matches.', size=None)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Verdict',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('created_at', models.DateTimeField()),
                    ('consumed_at', models.DateTimeField(blank=True, null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Alert',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('group_key', models.CharField(blank=True, max_length=300)),
                    ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Medium'), (2, 'High'), (3, 'Critical')], help_text='The highest it reached.')),
                    ('slot_severity', models.PositiveSmallIntegerField(choices=[(1, 'Medium'), (2, 'High'), (3, 'Critical')], help_text='Of the last firing slot.')),
                    ('condition', models.CharField(choices=[('pending', 'Pending'), ('firing', 'Firing'), ('recovering', 'Recovering'), ('resolved', 'Resolved'), ('inactive', 'Inactive (a pending that passed)')], max_length=10)),
                    ('handling', models.CharField(choices=[('unacknowledged', 'Unacknowledged'), ('acknowledged', 'Acknowledged')], default='unacknowledged', max_length=14)),
                    ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                    ('acknowledged_until', models.DateTimeField(blank=True, null=True)),
                    ('reminded_at', models.DateTimeField(blank=True, null=True)),
                    ('due_at', models.DateTimeField(blank=True, null=True)),
                    ('cause', models.CharField(blank=True, help_text='Likely cause, from a matched signature.', max_length=300)),
                    ('owner', models.CharField(blank=True, help_text="Whom to escalate to: signature's, else first response.", max_length=100)),
                    ('count', models.PositiveIntegerField(blank=True, help_text='Events in the window of its evidence.', null=True)),
                    ('opened_at', models.DateTimeField(help_text="When the condition was first seen to hold: its slot's end, or earlier if it was judged on arrival.")),
                    ('condition_since', models.DateTimeField(help_text='Slot of the last change of condition.')),
                    ('last_firing_at', models.DateTimeField(blank=True, help_text='Last slot in which the condition held.', null=True)),
                    ('last_slot', models.DateTimeField(help_text='Last slot applied; an older one changes nothing.')),
                    ('progress', models.DurationField(default=datetime.timedelta(0), help_text='Judged time since the last change of direction.')),
                    ('turns', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), blank=True, default=list, help_text='Slots of the last changes.', size=None)),
                    ('resolved_at', models.DateTimeField(blank=True, null=True)),
                    ('resolution', models.CharField(blank=True, help_text='Why it was closed.', max_length=300)),
                    ('detected_late', models.BooleanField(default=False)),
                    ('flapping_since', models.DateTimeField(blank=True, null=True)),
                    ('dedup_key', models.BigIntegerField(editable=False, null=True, unique=True)),
                    ('revision', models.PositiveIntegerField(default=0, help_text="Compare-and-set: a person's act names the one it saw.")),
                    ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acknowledged_alerts', to=settings.AUTH_USER_MODEL)),
                    ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='assigned_alerts', to=settings.AUTH_USER_MODEL)),
                    ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.evidence')),
                ],
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sequence', models.PositiveIntegerField(help_text='Order within the alert.')),
                    ('kind', models.CharField(choices=[('firing', 'Firing'), ('severity', 'Severity rose'), ('acknowledged', 'Acknowledged'), ('resolved', 'Resolved'), ('reminder', 'Acknowledgment expires'), ('expired', 'Acknowledgment expired'), ('flapping', 'Flapping')], max_length=12)),
                    ('route_name', models.CharField(max_length=100)),
                    ('window_name', models.CharField(blank=True, max_length=100)),
                    ('local_time', models.CharField(blank=True, help_text="Time in the window's zone when it was routed.", max_length=40)),
                    ('routing', models.JSONField(blank=True, default=list, help_text='Routes looked at: route, matched, why.')),
                    ('payload', models.JSONField(help_text='Facts of the message (alerts.messages), as they were when it was queued.')),
                    ('status', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('unknown', 'Unknown (lease expired, retried)'), ('dead', 'Dead letter'), ('overtaken', 'Overtaken by its resolve'), ('held', 'Held for the digest'), ('suppressed', 'Held back by a narrower rule')], default='queued', max_length=10)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('queued_at', models.DateTimeField()),
                    ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                    ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='detections.alert')),
                    ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='detections.target')),
                ],
                options={
                    'verbose_name_plural': 'deliveries',
                },
            ),
            migrations.CreateModel(
                name='DeliveryAttempt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('at', models.DateTimeField()),
                    ('ok', models.BooleanField()),
                    ('response', models.TextField(blank=True, help_text='Status and first bytes, or the error.')),
                    ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='detections.delivery')),
                ],
            ),
            migrations.CreateModel(
                name='Exclusion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('start', models.DateTimeField()),
                    ('end', models.DateTimeField()),
                    ('reason', models.CharField(max_length=300)),
                    ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='IssueLog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('actor_name', models.CharField(help_text="The person's name at that time; digest: it came back.", max_length=500)),
                    ('old', models.CharField(choices=[('unresolved', 'Unresolved'), ('resolved', 'Resolved'), ('ignored', 'Ignored')], max_length=12)),
                    ('new', models.CharField(choices=[('unresolved', 'Unresolved'), ('resolved', 'Resolved'), ('ignored', 'Ignored')], max_length=12)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='detections.issue')),
                ],
                options={
                    'verbose_name': 'change of an issue',
                    'verbose_name_plural': 'changes of issues',
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='IssueUser',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user_hash', models.BigIntegerField()),
                    ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.issue')),
                ],
            ),
            migrations.CreateModel(
                name='Project',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True)),
                    ('name', models.CharField(max_length=100)),
                    ('enabled', models.BooleanField(default=True)),
                    ('demo', models.BooleanField(default=False, help_text='Made by the demo; removed with its data by one command.')),
                    ('events_per_minute_limit', models.PositiveIntegerField(blank=True, help_text='Answer 429 above this many events a minute. Empty: no limit.', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('app', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='bootstrap.app')),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.AddField(
                model_name='issue',
                name='project',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='detections.project'),
            ),
            migrations.CreateModel(
                name='Inbox',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('format', models.CharField(choices=[('envelope', 'Envelope'), ('store', 'Store')], max_length=8)),
                    ('received_at', models.DateTimeField()),
                    ('event_id', models.UUIDField(help_text='The id answered to the client; for an event without one, made by us.')),
                    ('body', models.BinaryField()),
                    ('encoding', models.CharField(blank=True, help_text='Content encoding of the stored body.', max_length=8)),
                    ('size', models.PositiveIntegerField(help_text='Bytes of the body when decoded, by which digest bounds its batches; null: not known.', null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How often digest set it aside before.')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.project')),
                ],
                options={
                    'verbose_name_plural': 'inbox',
                },
            ),
            migrations.CreateModel(
                name='Grouping',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('fingerprint', models.CharField(help_text='BLAKE2b-128 of the grouping components, hex.', max_length=32)),
                    ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groupings', to='detections.issue')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groupings', to='detections.project')),
                ],
            ),
            migrations.CreateModel(
                name='Discard',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hour', models.DateTimeField()),
                    ('reason', models.CharField(help_text='e.g. client:ratelimit_backoff, duplicate, unused:session.', max_length=60)),
                    ('category', models.CharField(max_length=30)),
                    ('n', models.PositiveBigIntegerField()),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discards', to='detections.project')),
                ],
            ),
            migrations.CreateModel(
                name='Coverage',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(choices=[('sentry', 'Sentry events'), ('router', 'Router lines'), ('sentry_api', 'Sentry Web API'), ('api', 'JSON API'), ('probe', 'Probe')], max_length=10)),
                    ('minute', models.DateTimeField()),
                    ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.project')),
                ],
                options={
                    'verbose_name_plural': 'coverage',
                },
            ),
            migrations.AddField(
                model_name='alert',
                name='project',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='detections.project'),
            ),
            migrations.CreateModel(
                name='ProjectEnvironment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text="Canonical: the linked environment's slug, else as received.", max_length=64)),
                    ('first_event_at', models.DateTimeField(blank=True, null=True)),
                    ('last_event_at', models.DateTimeField(blank=True, null=True)),
                    ('environment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='project_environments', to='bootstrap.environment')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='environments', to='detections.project')),
                ],
                options={
                    'ordering': ['project', 'name'],
                },
            ),
            migrations.CreateModel(
                name='IssueHour',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hour', models.DateTimeField()),
                    ('n', models.PositiveIntegerField()),
                    ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='detections.issue')),
                    ('project_environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.projectenvironment')),
                ],
            ),
            migrations.CreateModel(
                name='ExclusionEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('start', models.DateTimeField()),
                    ('end', models.DateTimeField()),
                    ('reason', models.CharField(max_length=300)),
                    ('author', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.exclusion')),
                    ('project_environment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='detections.projectenvironment')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='exclusion',
                name='project_environment',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exclusions', to='detections.projectenvironment'),
            ),
            migrations.CreateModel(
                name='DirtySlot',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('minute', models.DateTimeField(help_text='Start of the minute; its slot ends a minute later.')),
                    ('marked_at', models.DateTimeField()),
                    ('project_environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.projectenvironment')),
                ],
            ),
            migrations.AddField(
                model_name='alert',
                name='project_environment',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='detections.projectenvironment'),
            ),
            migrations.CreateModel(
                name='ProjectEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('slug', models.SlugField(db_index=False)),
                    ('name', models.CharField(max_length=100)),
                    ('enabled', models.BooleanField(default=True)),
                    ('demo', models.BooleanField(default=False, help_text='Made by the demo; removed with its data by one command.')),
                    ('events_per_minute_limit', models.PositiveIntegerField(blank=True, help_text='Answer 429 above this many events a minute. Empty: no limit.', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('app', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.app')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.project')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ProjectKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_key', models.CharField(default=detections.telemetry.models.new_public_key, max_length=32, unique=True)),
                    ('label', models.CharField(default='Default', max_length=100)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='detections.project')),
                ],
                options={
                    'ordering': ['project', 'created_at'],
                },
            ),
            migrations.CreateModel(
                name='ProjectKeyEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('public_key', models.CharField(default=detections.telemetry.models.new_public_key, max_length=32)),
                    ('label', models.CharField(default='Default', max_length=100)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.projectkey')),
                    ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='detections.project')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Quarantined',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('format', models.CharField(choices=[('envelope', 'Envelope'), ('store', 'Store')], max_length=8)),
                    ('received_at', models.DateTimeField()),
                    ('event_id', models.UUIDField()),
                    ('body', models.BinaryField(help_text='Scrubbed; plain text, not compressed.')),
                    ('error', models.TextField()),
                    ('attempts', models.PositiveSmallIntegerField(default=1)),
                    ('set_aside_at', models.DateTimeField()),
                    ('resolved_at', models.DateTimeField(blank=True, null=True)),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.project')),
                ],
                options={
                    'verbose_name': 'quarantined event',
                    'ordering': ['-set_aside_at'],
                },
            ),
            migrations.CreateModel(
                name='Receipt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event_id', models.UUIDField()),
                    ('received_at', models.DateTimeField()),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='detections.project')),
                ],
            ),
            migrations.CreateModel(
                name='Route',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField(unique=True)),
                    ('name', models.CharField(max_length=100, unique=True)),
                    ('matchers', models.JSONField(blank=True, default=dict, help_text='e.g. {"category": ["beta"], "severity": ["critical"]}; keys: rule, category, severity, project, environment. Empty: all.')),
                    ('outside_window', models.BooleanField(default=False, help_text='Match outside the window instead.')),
                    ('delivery', models.CharField(choices=[('immediate', 'Per event, at once'), ('digest', 'Daily digest')], default='immediate', max_length=10)),
                    ('continue_matching', models.BooleanField(default=False)),
                    ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='detections.route')),
                    ('targets', models.ManyToManyField(blank=True, related_name='routes', to='detections.target')),
                ],
                options={
                    'ordering': ['order'],
                },
            ),
            migrations.CreateModel(
                name='RouteEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('order', models.PositiveIntegerField()),
                    ('name', models.CharField(max_length=100)),
                    ('matchers', models.JSONField(blank=True, default=dict, help_text='e.g. {"category": ["beta"], "severity": ["critical"]}; keys: rule, category, severity, project, environment. Empty: all.')),
                    ('outside_window', models.BooleanField(default=False, help_text='Match outside the window instead.')),
                    ('delivery', models.CharField(choices=[('immediate', 'Per event, at once'), ('digest', 'Daily digest')], default='immediate', max_length=10)),
                    ('continue_matching', models.BooleanField(default=False)),
                    ('parent', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='detections.route')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.route')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='alert',
                name='rule',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='detections.rule'),
            ),
            migrations.CreateModel(
                name='RuleVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('spec', models.JSONField()),
                    ('content_hash', models.CharField(help_text='SHA-256 of the canonical JSON of spec.', max_length=64)),
                    ('author_name', models.CharField(blank=True, help_text='Where no user: pack import, first start.', max_length=500)),
                    ('reason', models.TextField(blank=True, help_text='Why it was changed; required where a guardrail asks for it.')),
                    ('created_at', models.DateTimeField()),
                    ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                    ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='detections.rule')),
                ],
                options={
                    'ordering': ['rule', '-number'],
                },
            ),
            migrations.CreateModel(
                name='RuleEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('identifier', models.CharField(help_text='e.g. DET-BETA-003', max_length=40)),
                    ('title', models.CharField(max_length=200)),
                    ('category', models.CharField(blank=True, max_length=40)),
                    ('owner', models.CharField(blank=True, help_text='Who keeps it right.', max_length=100)),
                    ('mode', models.CharField(choices=[('draft', 'Draft'), ('shadow', 'Shadow (evaluated, nobody notified)'), ('active', 'Active (dormant while prerequisites are unmet)'), ('muted', 'Muted'), ('retired', 'Retired')], default='draft', max_length=8)),
                    ('muted_until', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.rule')),
                    ('current', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='detections.ruleversion')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='rule',
                name='current',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion'),
            ),
            migrations.CreateModel(
                name='FixtureRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('passed', models.BooleanField()),
                    ('results', models.JSONField(help_text='Per fixture: name, expected, got.')),
                    ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fixture_runs', to='detections.ruleversion')),
                ],
            ),
            migrations.AddField(
                model_name='evidence',
                name='version',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion'),
            ),
            migrations.CreateModel(
                name='AlertLog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('slot_end', models.DateTimeField(blank=True, null=True)),
                    ('kind', models.CharField(help_text='opened, firing, recovering, resolved, acknowledged, severity, …', max_length=20)),
                    ('actor_name', models.CharField(help_text="The person's, token's or engine's name at that time.", max_length=500)),
                    ('old', models.CharField(blank=True, max_length=500)),
                    ('new', models.CharField(blank=True, max_length=500)),
                    ('why', models.TextField(blank=True)),
                    ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('alert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='log', to='detections.alert')),
                    ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.evidence')),
                    ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion')),
                ],
                options={
                    'ordering': ['id'],
                },
            ),
            migrations.AddField(
                model_name='alert',
                name='version',
                field=models.ForeignKey(help_text='At opening.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion'),
            ),
            migrations.CreateModel(
                name='Scope',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('group_key', models.CharField(blank=True, help_text='Route prefix or route; empty: no grouping.', max_length=300)),
                    ('created_at', models.DateTimeField()),
                    ('restless_until', models.DateTimeField(blank=True, null=True)),
                    ('restless_since', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('cells_until', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('project_environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to='detections.projectenvironment')),
                    ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to='detections.rule')),
                ],
            ),
            migrations.AddField(
                model_name='evidence',
                name='scope',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence_set', to='detections.scope'),
            ),
            migrations.CreateModel(
                name='Evaluation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slot_end', models.DateTimeField()),
                    ('revision', models.PositiveIntegerField(default=0)),
                    ('outcome', models.CharField(choices=[('firing', 'Firing'), ('clear', 'Clear'), ('no_data', 'No data'), ('error', 'Error')], max_length=8)),
                    ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Medium'), (2, 'High'), (3, 'Critical')], null=True)),
                    ('source', models.CharField(blank=True, choices=[('sentry', 'Sentry events'), ('router', 'Router lines'), ('sentry_api', 'Sentry Web API'), ('api', 'JSON API'), ('probe', 'Probe'), ('config', 'Configuration reports'), ('console', 'This console itself')], max_length=10)),
                    ('count', models.PositiveIntegerField(help_text='Events in the window; null where it counts none.', null=True)),
                    ('limit', models.PositiveIntegerField(help_text='The least count that would fire.', null=True)),
                    ('shadow', models.BooleanField(default=False, help_text='Judged while the rule was dormant, muted or in shadow.')),
                    ('late', models.BooleanField(default=False)),
                    ('detail', models.CharField(blank=True, help_text='Why no data, or the error.', max_length=300)),
                    ('evaluated_at', models.DateTimeField()),
                    ('evidence', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='detections.evidence')),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion')),
                    ('scope', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evaluations', to='detections.scope')),
                ],
            ),
            migrations.CreateModel(
                name='BaselineCell',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(choices=[('sentry', 'Sentry events'), ('router', 'Router lines'), ('sentry_api', 'Sentry Web API'), ('api', 'JSON API'), ('probe', 'Probe')], max_length=10)),
                    ('window_minutes', models.PositiveSmallIntegerField()),
                    ('hour', models.DateTimeField()),
                    ('windows', models.PositiveSmallIntegerField(help_text='Covered windows; missing ones are missing exposure, not zero.')),
                    ('total', models.PositiveIntegerField(help_text="Sum of the windows' counts.")),
                    ('squares', models.PositiveBigIntegerField(help_text="Sum of the squares of the windows' counts.")),
                    ('scope', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='detections.scope')),
                ],
            ),
            migrations.CreateModel(
                name='Baseline',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(choices=[('sentry', 'Sentry events'), ('router', 'Router lines'), ('sentry_api', 'Sentry Web API'), ('api', 'JSON API'), ('probe', 'Probe')], max_length=10)),
                    ('hour', models.DateTimeField(help_text='Hour of the windows it applies to.')),
                    ('established', models.BooleanField(help_text='At least 169 hours since first coverage and 120 covered of 168.')),
                    ('mean', models.FloatField(help_text='Expected count of a window.', null=True)),
                    ('limit', models.PositiveIntegerField(help_text='The least count of a window that exceeds it.', null=True)),
                    ('covered_hours', models.FloatField(default=0)),
                    ('data', models.JSONField(help_text='S, T, f, phi, phi_p, hours observed, missing, excluded, down-weighted.')),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='detections.ruleversion')),
                    ('scope', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='baselines', to='detections.scope')),
                ],
            ),
            migrations.AddField(
                model_name='alert',
                name='scope',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='detections.scope'),
            ),
            migrations.CreateModel(
                name='ScopeHold',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Medium'), (2, 'High'), (3, 'Critical')])),
                    ('since', models.DateTimeField()),
                    ('scope', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='hold', to='detections.scope')),
                ],
            ),
            migrations.CreateModel(
                name='Series',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('source', models.CharField(choices=[('sentry', 'Sentry events'), ('router', 'Router lines'), ('sentry_api', 'Sentry Web API'), ('api', 'JSON API'), ('probe', 'Probe')], max_length=10)),
                    ('kind', models.CharField(choices=[('error', 'Errors (level error or fatal)'), ('message', 'Messages (level below error)'), ('request', 'Requests')], max_length=10)),
                    ('method', models.CharField(blank=True, max_length=10)),
                    ('route', models.CharField(blank=True, help_text='Normalised path pattern; empty: no route.', max_length=300)),
                    ('url_path', models.CharField(blank=True, default='', help_text="The URL's path pattern where it is not the route's.", max_length=300)),
                    ('first_seen', models.DateTimeField()),
                    ('last_seen', models.DateTimeField()),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='series', to='detections.project')),
                    ('project_environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='series', to='detections.projectenvironment')),
                ],
                options={
                    'verbose_name_plural': 'series',
                },
            ),
            migrations.CreateModel(
                name='HourCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hour', models.DateTimeField()),
                    ('n', models.PositiveIntegerField()),
                    ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='detections.series')),
                ],
            ),
            migrations.CreateModel(
                name='Slot',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slot_end', models.DateTimeField(unique=True)),
                    ('status', models.CharField(choices=[('due', 'Due'), ('done', 'Done'), ('skipped', 'Skipped (older than 24 h)')], default='due', max_length=8)),
                    ('evaluated_at', models.DateTimeField(blank=True, null=True)),
                    ('scopes', models.PositiveIntegerField(default=0, help_text='How many scopes were judged.')),
                ],
                options={
                    'indexes': [models.Index(fields=['status', 'slot_end'], name='slot_status')],
                },
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='target',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_targetevent" ("address", "channel", "enabled", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stands_for") VALUES (NEW."address", NEW."channel", NEW."enabled", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."stands_for"); RETURN NULL;', hash='1de6e35b27788c088fdf756b712c38b45b0cf3d0', operation='INSERT', pgid='pgtrigger_insert_insert_9139e', table='detections_target', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='target',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_targetevent" ("address", "channel", "enabled", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stands_for") VALUES (NEW."address", NEW."channel", NEW."enabled", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."stands_for"); RETURN NULL;', hash='ddfb179eb5a683ba1a7d55c3c24597fd0d67a7b0', operation='UPDATE', pgid='pgtrigger_update_update_47552', table='detections_target', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='target',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_targetevent" ("address", "channel", "enabled", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stands_for") VALUES (OLD."address", OLD."channel", OLD."enabled", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."stands_for"); RETURN NULL;', hash='d03256c61d29071dbc819f3d3e5f1db1436598c3', operation='DELETE', pgid='pgtrigger_delete_delete_f1396', table='detections_target', when='AFTER')),
            ),
            migrations.AddField(
                model_name='targetevent',
                name='pgh_context',
                field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
            ),
            migrations.AddField(
                model_name='targetevent',
                name='pgh_obj',
                field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.target'),
            ),
            migrations.AddField(
                model_name='routeevent',
                name='window',
                field=models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: always.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='detections.timewindow'),
            ),
            migrations.AddField(
                model_name='route',
                name='window',
                field=models.ForeignKey(blank=True, help_text='Empty: always.', null=True, on_delete=django.db.models.deletion.PROTECT, to='detections.timewindow'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='timewindow',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_timewindowevent" ("end", "holidays", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "weekdays", "zone") VALUES (NEW."end", NEW."holidays", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start", NEW."weekdays", NEW."zone"); RETURN NULL;', hash='3246b5b522e645365550cfa2080f028b889ad744', operation='INSERT', pgid='pgtrigger_insert_insert_d4882', table='detections_timewindow', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='timewindow',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_timewindowevent" ("end", "holidays", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "weekdays", "zone") VALUES (NEW."end", NEW."holidays", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start", NEW."weekdays", NEW."zone"); RETURN NULL;', hash='bd722ff2a9526c860e81a01f39c0361820dd50bd', operation='UPDATE', pgid='pgtrigger_update_update_f5df2', table='detections_timewindow', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='timewindow',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_timewindowevent" ("end", "holidays", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start", "weekdays", "zone") VALUES (OLD."end", OLD."holidays", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start", OLD."weekdays", OLD."zone"); RETURN NULL;', hash='ffffeabf9bfddc8b231fdfc163c79f4083e7b09a', operation='DELETE', pgid='pgtrigger_delete_delete_8ffd9', table='detections_timewindow', when='AFTER')),
            ),
            migrations.AddField(
                model_name='timewindowevent',
                name='pgh_context',
                field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
            ),
            migrations.AddField(
                model_name='timewindowevent',
                name='pgh_obj',
                field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='detections.timewindow'),
            ),
            migrations.AddField(
                model_name='verdict',
                name='evaluation',
                field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='verdict', to='detections.evaluation'),
            ),
            migrations.AddField(
                model_name='verdict',
                name='scope',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='verdicts', to='detections.scope'),
            ),
            migrations.AddConstraint(
                model_name='deliveryattempt',
                constraint=models.UniqueConstraint(fields=('delivery', 'number'), name='delivery_attempt_number'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='issuelog',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ab485027662cee11787195f2574108ca7ecba9ba', operation='UPDATE', pgid='pgtrigger_immutable_b01be', table='detections_issuelog', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='issueuser',
                constraint=models.UniqueConstraint(fields=('issue', 'user_hash'), name='issue_user_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='project',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_projectevent" ("app_id", "created_at", "demo", "enabled", "events_per_minute_limit", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (NEW."app_id", NEW."created_at", NEW."demo", NEW."enabled", NEW."events_per_minute_limit", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."slug"); RETURN NULL;', hash='2a9d8f7d07f977530822c0ab535e9d4f1a1c4770', operation='INSERT', pgid='pgtrigger_insert_insert_d88dc', table='detections_project', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='project',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_projectevent" ("app_id", "created_at", "demo", "enabled", "events_per_minute_limit", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (NEW."app_id", NEW."created_at", NEW."demo", NEW."enabled", NEW."events_per_minute_limit", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."slug"); RETURN NULL;', hash='6e9dcdfe15b5e69d0b5ac8909d76b9b9fb66c589', operation='UPDATE', pgid='pgtrigger_update_update_96694', table='detections_project', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='project',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_projectevent" ("app_id", "created_at", "demo", "enabled", "events_per_minute_limit", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (OLD."app_id", OLD."created_at", OLD."demo", OLD."enabled", OLD."events_per_minute_limit", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."slug"); RETURN NULL;', hash='884c95b01d0c78ac35f7ef4bf97d0d2e77b3baca', operation='DELETE', pgid='pgtrigger_delete_delete_78eaa', table='detections_project', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='issue',
                index=models.Index(fields=['project', '-last_seen'], name='issue_project_last_seen'),
            ),
            migrations.AddIndex(
                model_name='issue',
                index=models.Index(fields=['-last_seen'], name='issue_last_seen'),
            ),
            migrations.AddConstraint(
                model_name='grouping',
                constraint=models.UniqueConstraint(fields=('project', 'fingerprint'), name='grouping_fingerprint'),
            ),
            migrations.AddConstraint(
                model_name='discard',
                constraint=models.UniqueConstraint(fields=('project', 'hour', 'reason', 'category'), name='discard_once'),
            ),
            migrations.AddConstraint(
                model_name='coverage',
                constraint=models.UniqueConstraint(fields=('source', 'minute', 'project'), name='coverage_once', nulls_distinct=False),
            ),
            migrations.AddConstraint(
                model_name='projectenvironment',
                constraint=models.UniqueConstraint(fields=('project', 'name'), name='project_environment_name'),
            ),
            migrations.AddIndex(
                model_name='issuehour',
                index=models.Index(fields=['hour'], name='issue_hour_hour'),
            ),
            migrations.AddConstraint(
                model_name='issuehour',
                constraint=models.UniqueConstraint(fields=('issue', 'project_environment', 'hour'), name='issue_hour_once'),
            ),
            migrations.AddConstraint(
                model_name='exclusion',
                constraint=models.CheckConstraint(condition=models.Q(('end__gt', models.F('start'))), name='exclusion_ends_after_start'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='exclusion',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_exclusionevent" ("author_id", "end", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_environment_id", "reason", "start") VALUES (NEW."author_id", NEW."end", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."project_environment_id", NEW."reason", NEW."start"); RETURN NULL;', hash='744ad15ad5bff66d7ac368dc9ba02bc03b011a6a', operation='INSERT', pgid='pgtrigger_insert_insert_6f660', table='detections_exclusion', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='exclusion',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_exclusionevent" ("author_id", "end", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_environment_id", "reason", "start") VALUES (NEW."author_id", NEW."end", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."project_environment_id", NEW."reason", NEW."start"); RETURN NULL;', hash='2b533ff017020759dad5feb1a8550683cb4c8a11', operation='UPDATE', pgid='pgtrigger_update_update_668b1', table='detections_exclusion', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='exclusion',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_exclusionevent" ("author_id", "end", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_environment_id", "reason", "start") VALUES (OLD."author_id", OLD."end", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."project_environment_id", OLD."reason", OLD."start"); RETURN NULL;', hash='cf0cc47292354f6b4af31b9f6ebb6f3cc123db16', operation='DELETE', pgid='pgtrigger_delete_delete_10a69', table='detections_exclusion', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='dirtyslot',
                index=models.Index(fields=['marked_at'], name='dirty_slot_marked_at'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='projectkey',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_projectkeyevent" ("created_at", "id", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "public_key", "revoked_at") VALUES (NEW."created_at", NEW."id", NEW."label", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."project_id", NEW."public_key", NEW."revoked_at"); RETURN NULL;', hash='f26da802134cb16e1df251c0b8b1ba5afe3988cf', operation='INSERT', pgid='pgtrigger_insert_insert_57339', table='detections_projectkey', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='projectkey',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_projectkeyevent" ("created_at", "id", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "public_key", "revoked_at") VALUES (NEW."created_at", NEW."id", NEW."label", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."project_id", NEW."public_key", NEW."revoked_at"); RETURN NULL;', hash='154be7fcfc05673b72025bc58f329a2878f60ad4', operation='UPDATE', pgid='pgtrigger_update_update_5077e', table='detections_projectkey', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='projectkey',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_projectkeyevent" ("created_at", "id", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "project_id", "public_key", "revoked_at") VALUES (OLD."created_at", OLD."id", OLD."label", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."project_id", OLD."public_key", OLD."revoked_at"); RETURN NULL;', hash='035c25a952762ca7939ec6d26b63e26a8ffc55ab', operation='DELETE', pgid='pgtrigger_delete_delete_0f0b1', table='detections_projectkey', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='receipt',
                index=models.Index(fields=['received_at'], name='receipt_received_at'),
            ),
            migrations.AddConstraint(
                model_name='receipt',
                constraint=models.UniqueConstraint(fields=('project', 'event_id'), name='receipt_once'),
            ),
            migrations.AddConstraint(
                model_name='ruleversion',
                constraint=models.UniqueConstraint(fields=('rule', 'number'), name='rule_version_number'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='ruleversion',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='050236fb69685cca4684d2e68447265be5fba14a', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_ca3a7', table='detections_ruleversion', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='ruleversion',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='975ac247e5a85931da2fcdd866776cfcbb882985', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_ef21e', table='detections_ruleversion', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='rule',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_ruleevent" ("category", "created_at", "current_id", "id", "identifier", "mode", "muted_until", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title") VALUES (NEW."category", NEW."created_at", NEW."current_id", NEW."id", NEW."identifier", NEW."mode", NEW."muted_until", NEW."owner", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."title"); RETURN NULL;', hash='2f9f4dd24e52a512c1224a80f3ecf219722adff1', operation='INSERT', pgid='pgtrigger_insert_insert_5518a', table='detections_rule', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='rule',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_ruleevent" ("category", "created_at", "current_id", "id", "identifier", "mode", "muted_until", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title") VALUES (NEW."category", NEW."created_at", NEW."current_id", NEW."id", NEW."identifier", NEW."mode", NEW."muted_until", NEW."owner", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."title"); RETURN NULL;', hash='a254fe0989bb8a6f1f97684aadc39b18dc9b886e', operation='UPDATE', pgid='pgtrigger_update_update_23dc4', table='detections_rule', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='rule',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_ruleevent" ("category", "created_at", "current_id", "id", "identifier", "mode", "muted_until", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title") VALUES (OLD."category", OLD."created_at", OLD."current_id", OLD."id", OLD."identifier", OLD."mode", OLD."muted_until", OLD."owner", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."title"); RETURN NULL;', hash='f2ba74bdc00e72872d38674be05e4e3df9c9e1fb', operation='DELETE', pgid='pgtrigger_delete_delete_cb5ad', table='detections_rule', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='alertlog',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='793938430083d5961460931f27b32235058ab393', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_455a3', table='detections_alertlog', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='alertlog',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='b0ff1d1510b5e4d0a3f078648d688587868becc0', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_541ec', table='detections_alertlog', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='scope',
                constraint=models.UniqueConstraint(fields=('rule', 'project_environment', 'group_key'), name='scope_identity'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='evidence',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9b4ac030f24e71fffd091a2a4d3a63678556ce1d', operation='UPDATE', pgid='pgtrigger_immutable_04870', table='detections_evidence', when='BEFORE')),
            ),
            migrations.AddIndex(
                model_name='evaluation',
                index=models.Index(fields=['-slot_end'], name='evaluation_slot_end'),
            ),
            migrations.AddConstraint(
                model_name='evaluation',
                constraint=models.UniqueConstraint(fields=('scope', 'slot_end', 'revision'), name='evaluation_once'),
            ),
            migrations.AddConstraint(
                model_name='baselinecell',
                constraint=models.UniqueConstraint(fields=('scope', 'source', 'window_minutes', 'hour'), name='baseline_cell_once'),
            ),
            migrations.AddIndex(
                model_name='baseline',
                index=models.Index(fields=['hour'], name='baseline_hour'),
            ),
            migrations.AddConstraint(
                model_name='baseline',
                constraint=models.UniqueConstraint(fields=('scope', 'source', 'hour'), name='baseline_once'),
            ),
            migrations.AddIndex(
                model_name='alert',
                index=models.Index(fields=['condition', '-opened_at'], name='alert_condition'),
            ),
            migrations.AddIndex(
                model_name='alert',
                index=models.Index(fields=['-opened_at'], name='alert_opened_at'),
            ),
            migrations.AddIndex(
                model_name='alert',
                index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='alert_due'),
            ),
            migrations.AddConstraint(
                model_name='alert',
                constraint=models.CheckConstraint(condition=models.Q(('condition__in', ['resolved', 'inactive']), ('dedup_key__isnull', False), _connector='XOR'), name='alert_open_exactly_with_dedup_key'),
            ),
            migrations.AddConstraint(
                model_name='alert',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_by__isnull', True), ('handling', 'unacknowledged')), models.Q(('acknowledged_by__isnull', False), ('handling', 'acknowledged')), _connector='OR'), name='alert_acknowledged_by_someone'),
            ),
            migrations.AddIndex(
                model_name='series',
                index=models.Index(fields=['project', 'route'], name='series_project_route'),
            ),
            migrations.AddConstraint(
                model_name='series',
                constraint=models.UniqueConstraint(fields=('project_environment', 'source', 'kind', 'method', 'route', 'url_path'), name='series_identity'),
            ),
            migrations.AddIndex(
                model_name='hourcount',
                index=models.Index(fields=['series', 'hour'], name='hour_count_series'),
            ),
            migrations.AddConstraint(
                model_name='hourcount',
                constraint=models.UniqueConstraint(fields=('hour', 'series'), name='hour_count_once'),
            ),
            migrations.AddIndex(
                model_name='delivery',
                index=models.Index(condition=models.Q(('status__in', ['queued', 'sending', 'unknown', 'suppressed'])), fields=['next_attempt_at'], name='delivery_due'),
            ),
            migrations.AddConstraint(
                model_name='delivery',
                constraint=models.UniqueConstraint(fields=('alert', 'sequence', 'kind', 'target'), name='delivery_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='route',
                trigger=pgtrigger.compiler.Trigger(name='last_catches_all', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func='\n    IF NOT EXISTS (\n        SELECT FROM detections_route last\n        WHERE last."order" = (SELECT max("order") FROM detections_route WHERE parent_id IS NULL)\n          AND last.matchers = \'{}\'::jsonb AND last.window_id IS NULL\n    ) THEN\n        RAISE EXCEPTION \'the last route must match everything\' USING ERRCODE = \'check_violation\';\n    END IF;\n    RETURN NULL;\n', hash='e474f0ccbbe6d06205cbdebb3d683936e838b4e6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_last_catches_all_39db1', table='detections_route', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='route',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_routeevent" ("continue_matching", "delivery", "id", "matchers", "name", "order", "outside_window", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "window_id") VALUES (NEW."continue_matching", NEW."delivery", NEW."id", NEW."matchers", NEW."name", NEW."order", NEW."outside_window", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."window_id"); RETURN NULL;', hash='dfc2d465f1cd9712cd6baf0daca62906c7caca16', operation='INSERT', pgid='pgtrigger_insert_insert_21789', table='detections_route', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='route',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "detections_routeevent" ("continue_matching", "delivery", "id", "matchers", "name", "order", "outside_window", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "window_id") VALUES (NEW."continue_matching", NEW."delivery", NEW."id", NEW."matchers", NEW."name", NEW."order", NEW."outside_window", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."window_id"); RETURN NULL;', hash='dca82f1bdacf1976757332dde48995c710472a4a', operation='UPDATE', pgid='pgtrigger_update_update_37f66', table='detections_route', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='route',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "detections_routeevent" ("continue_matching", "delivery", "id", "matchers", "name", "order", "outside_window", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "window_id") VALUES (OLD."continue_matching", OLD."delivery", OLD."id", OLD."matchers", OLD."name", OLD."order", OLD."outside_window", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."window_id"); RETURN NULL;', hash='b04b5c3cd2d67c913a27bc8399b18405985c4685', operation='DELETE', pgid='pgtrigger_delete_delete_756df', table='detections_route', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='verdict',
                index=models.Index(condition=models.Q(('consumed_at__isnull', True)), fields=['id'], name='verdict_unconsumed'),
            ),
        ]),
        migrations.RunSQL(CREATE_EVENT, "DROP TABLE detections_event CASCADE"),
        migrations.RunSQL(CREATE_MINUTE, "DROP TABLE detections_minutecount CASCADE"),
        migrations.RunSQL(INBOX_STORAGE, migrations.RunSQL.noop),
    ]
