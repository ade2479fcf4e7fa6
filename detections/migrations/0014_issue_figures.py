import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# Issues that were received before have their figures from hours, and the rest from the events that are stored.
FILL_USERS = """
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM detections_issueuser;
INSERT INTO detections_issueuser (issue_id, project_environment_id, user_hash)
SELECT issue_id, project_environment_id, user_hash FROM (
    SELECT issue_id, project_environment_id, user_hash,
        row_number() OVER (PARTITION BY issue_id, project_environment_id) AS place
    FROM (
        SELECT DISTINCT issue_id, project_environment_id, user_hash FROM detections_event
        JOIN detections_issue ON detections_issue.id = issue_id
        JOIN detections_projectenvironment ON detections_projectenvironment.id = project_environment_id
        WHERE user_hash IS NOT NULL
    ) AS users
) AS numbered WHERE place <= 10000;
SET CONSTRAINTS ALL IMMEDIATE
"""
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO detections_issueenvironment (issue_id, project_environment_id, events, users, first_seen, last_seen)
SELECT counted.issue_id, counted.project_environment_id, n, coalesce(affected.users, 0),
    greatest(first, least(issue.first_seen, last)), greatest(first, least(last + interval '1 hour', issue.last_seen))
FROM (
    SELECT issue_id, project_environment_id, sum(n) AS n, min(hour) AS first, max(hour) AS last
    FROM detections_issuehour GROUP BY issue_id, project_environment_id
) AS counted
JOIN detections_issue AS issue ON issue.id = counted.issue_id
LEFT JOIN (
    SELECT issue_id, project_environment_id, count(*) AS users
    FROM detections_issueuser GROUP BY issue_id, project_environment_id
) AS affected USING (issue_id, project_environment_id);

INSERT INTO detections_issuerelease (issue_id, project_environment_id, release, events, first_seen, last_seen)
SELECT issue_id, project_environment_id, release, count(*), min(occurred_at), max(occurred_at) FROM detections_event
JOIN detections_issue ON detections_issue.id = issue_id
JOIN detections_projectenvironment ON detections_projectenvironment.id = project_environment_id
WHERE release != '' GROUP BY issue_id, project_environment_id, release;

INSERT INTO detections_issuetext (issue_id, keys, words)
SELECT id, '{}', to_tsvector('simple', regexp_replace(concat_ws(' . ', title, left(value, 1000), culprit), '[\\W_]+', ' ', 'g'))
FROM detections_issue;

UPDATE detections_issue AS issue SET status_since = newest.at
FROM (SELECT issue_id, max(at) AS at FROM detections_issuelog GROUP BY issue_id) AS newest
WHERE newest.issue_id = issue.id;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):
    dependencies = [("detections", "0013_small_numbers_are_ids")]

    operations = [
        migrations.CreateModel(
            name="IssueEnvironment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="in_environments",
                        to="detections.issue",
                    ),
                ),
                (
                    "project_environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="detections.projectenvironment",
                    ),
                ),
                ("events", models.PositiveBigIntegerField(default=0)),
                ("users", models.PositiveIntegerField(default=0)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("issue", "project_environment"), name="issue_environment_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="IssueRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="in_releases",
                        to="detections.issue",
                    ),
                ),
                (
                    "project_environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="detections.projectenvironment",
                    ),
                ),
                ("release", models.CharField(max_length=200)),
                ("events", models.PositiveBigIntegerField(default=0)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["release", "project_environment"], name="issue_release_name")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("issue", "project_environment", "release"), name="issue_release_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IssueText",
            fields=[
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="text",
                        serialize=False,
                        to="detections.issue",
                    ),
                ),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="`words.template_key` of each message.",
                        size=None,
                    ),
                ),
                (
                    "words",
                    django.contrib.postgres.search.SearchVectorField(
                        help_text="Types, messages, functions and routes, as `words.vector` makes them."
                    ),
                ),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["words"], name="issue_text_words")],
            },
        ),
        migrations.AddField(
            model_name="issue",
            name="status_since",
            field=models.DateTimeField(blank=True, help_text="Time of the newest row of its log.", null=True),
        ),
        migrations.AlterField(
            model_name="issue",
            name="title",
            field=models.CharField(
                help_text="Of the newest event, as type, value, culprit and level are.", max_length=300
            ),
        ),
        migrations.RemoveConstraint(model_name="issueuser", name="issue_user_once"),
        migrations.AddField(
            model_name="issueuser",
            name="project_environment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="detections.projectenvironment",
            ),
        ),
        migrations.RunSQL(FILL_USERS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="issueuser",
            name="project_environment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="detections.projectenvironment",
            ),
        ),
        migrations.AlterField(
            model_name="issueuser",
            name="issue",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="detections.issue",
            ),
        ),
        migrations.AddConstraint(
            model_name="issueuser",
            constraint=models.UniqueConstraint(
                fields=("issue", "user_hash", "project_environment"), name="issue_user_once"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
