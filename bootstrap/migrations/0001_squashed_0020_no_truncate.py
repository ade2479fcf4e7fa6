"""Every table as of 0020_no_truncate, made at once; databases that took the steps one by one are not touched."""

import bootstrap.postures.models
import bootstrap.systems.models
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from opsconsole.lib.db.create_tables import AtOnce


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('bootstrap', '0001_initial'),
        ('bootstrap', '0002_items_of_several_variables'),
        ('bootstrap', '0003_runbooks_and_immutable_versions'),
        ('bootstrap', '0004_runs_that_continue'),
        ('bootstrap', '0005_what_variables_have_to_be'),
        ('bootstrap', '0008_waivers_pairs_and_evidence_files'),
        ('bootstrap', '0009_postures'),
        ('bootstrap', '0010_config_health'),
        ('bootstrap', '0011_policies_incidents_and_subjects'),
        ('bootstrap', '0012_variables_noted_per_statement'),
        ('bootstrap', '0013_findings_by_their_end'),
        ('bootstrap', '0014_imports_in_the_background'),
        ('bootstrap', '0015_variables_last_told'),
        ('bootstrap', '0016_signers_names_and_no_truncate'),
        ('bootstrap', '0017_digests_of_runbook_versions'),
        ('bootstrap', '0018_answers_and_optional_items'),
        ('bootstrap', '0019_one_run_of_a_checklist'),
        ('bootstrap', '0020_no_truncate'),
    ]

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce([
            migrations.CreateModel(
                name='App',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField()),
                    ('name', models.CharField(max_length=100)),
                ],
                options={
                    'verbose_name': 'application',
                    'ordering': ['system__name', 'name'],
                },
            ),
            migrations.CreateModel(
                name='ConfigConstraint',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.SlugField(help_text='Names the group whose values are compared.', max_length=100)),
                    ('kind', models.CharField(choices=[('must_equal', 'Must be equal'), ('must_differ', 'Must differ'), ('falls_back_to', 'Falls back to')], max_length=13)),
                    ('reason', models.TextField(blank=True, help_text='Why, and what breaks otherwise.')),
                ],
                options={
                    'verbose_name': 'constraint between variables',
                    'verbose_name_plural': 'constraints between variables',
                    'ordering': ['system', 'name'],
                },
            ),
            migrations.CreateModel(
                name='Environment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField()),
                    ('name', models.CharField(max_length=100)),
                    ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='Other names that events may carry, lower case, comma-separated: production, live.', size=None)),
                ],
                options={
                    'ordering': ['system__name', 'slug'],
                },
            ),
            migrations.CreateModel(
                name='Flag',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100)),
                    ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                    ('description', models.TextField(blank=True)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='Policy',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('slug', models.SlugField(allow_unicode=True, max_length=100)),
                    ('title', models.CharField(max_length=300)),
                    ('text', models.TextField(help_text='Markdown, without its incidents and its review checklist.')),
                    ('checklist_slug', models.CharField(blank=True, help_text='Of the checklist that reviews by it.', max_length=150)),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                ],
                options={
                    'verbose_name_plural': 'policies',
                    'ordering': ['version', 'order'],
                },
            ),
            migrations.CreateModel(
                name='Runbook',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(allow_unicode=True, max_length=100, unique=True)),
                    ('title', models.CharField(max_length=300)),
                ],
                options={
                    'ordering': ['title'],
                },
            ),
            migrations.CreateModel(
                name='System',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(unique=True)),
                    ('name', models.CharField(max_length=100)),
                    ('owner', models.CharField(blank=True, help_text='Who answers for it, e.g. sre-agent.', max_length=100)),
                    ('description', models.TextField(blank=True)),
                ],
                options={
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='SystemEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('slug', models.SlugField(db_index=False)),
                    ('name', models.CharField(max_length=100)),
                    ('owner', models.CharField(blank=True, help_text='Who answers for it, e.g. sre-agent.', max_length=100)),
                    ('description', models.TextField(blank=True)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='VariableChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100)),
                    ('at', models.DateTimeField(help_text='Of the report that first says so.')),
                    ('before', models.JSONField()),
                    ('after', models.JSONField()),
                    ('release', models.CharField(blank=True, max_length=100)),
                ],
                options={
                    'ordering': ['-at', '-id'],
                },
            ),
            migrations.CreateModel(
                name='VariableState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100)),
                    ('state', models.CharField(choices=[('set', 'Set'), ('empty', 'Empty'), ('unset', 'Unset'), ('not_reported', 'Not reported')], max_length=12)),
                    ('format_ok', models.BooleanField(blank=True, null=True)),
                    ('accepted_index', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('fingerprints', models.JSONField(blank=True, default=dict, help_text='By comparison group.')),
                    ('since', models.DateTimeField(help_text='When the agent first saw it so.')),
                    ('last_told', models.DateTimeField(blank=True, help_text='By the last report that named it, where newer ones leave it out.', null=True)),
                ],
                options={
                    'ordering': ['deployment', 'name'],
                },
            ),
            migrations.CreateModel(
                name='Checklist',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('slug', models.SlugField(allow_unicode=True, max_length=150, unique=True)),
                    ('title', models.CharField(max_length=200)),
                    ('kind', models.CharField(choices=[('bootstrap', 'Environment bootstrap'), ('go_live', 'Go-live'), ('review', 'Review'), ('operations', 'Operations')], default='bootstrap', max_length=12)),
                    ('app', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checklists', to='bootstrap.app')),
                    ('runbook', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checklists', to='bootstrap.runbook')),
                    ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checklists', to='bootstrap.system')),
                ],
                options={
                    'ordering': ['title'],
                },
            ),
            migrations.CreateModel(
                name='ChecklistVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('content_hash', models.CharField(help_text='SHA-256 of the source it was made from.', max_length=64)),
                    ('source', models.TextField(blank=True, help_text='The markdown it was made from.')),
                    ('intro', models.TextField(blank=True, help_text='Markdown before the first section.')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('checklist', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='bootstrap.checklist')),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['checklist', '-number'],
                },
            ),
            migrations.CreateModel(
                name='ConfigVar',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=100)),
                    ('config_key', models.CharField(blank=True, max_length=200)),
                    ('secret', models.BooleanField(default=True)),
                    ('required_when', models.CharField(blank=True, help_text='Prose or an expression over flags.', max_length=300)),
                    ('must_not_be_set', models.BooleanField(default=False, help_text='Forbidden: a report that has it is a finding.')),
                    ('accepted', models.TextField(blank=True, help_text='Accepted values or format, in words.')),
                    ('accepted_values', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(blank=True, max_length=200), blank=True, default=list, help_text='The literal values that are accepted, where there are such; never a secret one.', size=None)),
                    ('format_rule', models.CharField(blank=True, help_text='One of nonempty, boolean, integer, integer:MIN..MAX, min_length:N, prefix:TEXT, domain, origin, origins, dsn, url, url:SCHEME,SCHEME.', max_length=200, validators=[bootstrap.systems.models.validate_format_rule])),
                    ('default', models.CharField(blank=True, max_length=300)),
                    ('empty_is_unset', models.BooleanField(default=True, help_text='The application takes an empty value as none; otherwise empty is a value of its own.')),
                    ('failure_mode', models.CharField(blank=True, choices=[('boot_fail', 'The application does not start'), ('http_501', 'Its routes answer 501'), ('http_503', 'Its routes answer 503'), ('silent_skip', 'What needs it is skipped, silently'), ('silent_noop', 'Calls do nothing, silently'), ('degrade_and_log', 'Works with less, and logs it'), ('fallback_to', 'Another variable is used in its place')], help_text='What happens where it is missing.', max_length=15)),
                    ('impact', models.TextField(blank=True, help_text='What that means for people.')),
                    ('consumers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, help_text='What reads it: files, services.', size=None)),
                    ('read_at', models.CharField(blank=True, choices=[('boot', 'Start'), ('init', 'Initialisation'), ('call', 'Each call')], max_length=4)),
                    ('source_kind', models.CharField(blank=True, choices=[('vault', 'Vault'), ('host_managed', 'Managed by the host'), ('inline', 'Set inline'), ('other', 'Elsewhere')], max_length=12)),
                    ('source_path', models.CharField(blank=True, help_text='Where its value lies, e.g. a vault path.', max_length=300)),
                    ('generator', models.CharField(blank=True, help_text='A command that prints a fresh value.', max_length=300)),
                    ('imported', models.JSONField(blank=True, default=dict, editable=False, help_text='By field, what the newest runbook said.')),
                    ('app', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variables', to='bootstrap.app')),
                    ('fallback_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stands_in_for', to='bootstrap.configvar')),
                ],
                options={
                    'verbose_name': 'variable',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='ConfigVarEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('name', models.CharField(max_length=100)),
                    ('config_key', models.CharField(blank=True, max_length=200)),
                    ('secret', models.BooleanField(default=True)),
                    ('required_when', models.CharField(blank=True, help_text='Prose or an expression over flags.', max_length=300)),
                    ('must_not_be_set', models.BooleanField(default=False, help_text='Forbidden: a report that has it is a finding.')),
                    ('accepted', models.TextField(blank=True, help_text='Accepted values or format, in words.')),
                    ('accepted_values', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(blank=True, max_length=200), blank=True, default=list, help_text='The literal values that are accepted, where there are such; never a secret one.', size=None)),
                    ('format_rule', models.CharField(blank=True, help_text='One of nonempty, boolean, integer, integer:MIN..MAX, min_length:N, prefix:TEXT, domain, origin, origins, dsn, url, url:SCHEME,SCHEME.', max_length=200, validators=[bootstrap.systems.models.validate_format_rule])),
                    ('default', models.CharField(blank=True, max_length=300)),
                    ('empty_is_unset', models.BooleanField(default=True, help_text='The application takes an empty value as none; otherwise empty is a value of its own.')),
                    ('failure_mode', models.CharField(blank=True, choices=[('boot_fail', 'The application does not start'), ('http_501', 'Its routes answer 501'), ('http_503', 'Its routes answer 503'), ('silent_skip', 'What needs it is skipped, silently'), ('silent_noop', 'Calls do nothing, silently'), ('degrade_and_log', 'Works with less, and logs it'), ('fallback_to', 'Another variable is used in its place')], help_text='What happens where it is missing.', max_length=15)),
                    ('impact', models.TextField(blank=True, help_text='What that means for people.')),
                    ('consumers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, help_text='What reads it: files, services.', size=None)),
                    ('read_at', models.CharField(blank=True, choices=[('boot', 'Start'), ('init', 'Initialisation'), ('call', 'Each call')], max_length=4)),
                    ('source_kind', models.CharField(blank=True, choices=[('vault', 'Vault'), ('host_managed', 'Managed by the host'), ('inline', 'Set inline'), ('other', 'Elsewhere')], max_length=12)),
                    ('source_path', models.CharField(blank=True, help_text='Where its value lies, e.g. a vault path.', max_length=300)),
                    ('generator', models.CharField(blank=True, help_text='A command that prints a fresh value.', max_length=300)),
                    ('imported', models.JSONField(blank=True, default=dict, editable=False, help_text='By field, what the newest runbook said.')),
                    ('app', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.app')),
                    ('fallback_to', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.configvar')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.configvar')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='ConstrainedVariable',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('constraint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='bootstrap.configconstraint')),
                    ('variable', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='constrained_by', to='bootstrap.configvar')),
                ],
                options={
                    'ordering': ['constraint', 'position', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='ConstrainedVariableEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('constraint', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.configconstraint')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.constrainedvariable')),
                    ('variable', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.configvar')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Deployment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('host_name', models.CharField(help_text='What commands call it: heroku … --app <host name>.', max_length=100)),
                    ('workers', models.PositiveSmallIntegerField(blank=True, help_text='Worker processes, where known.', null=True)),
                    ('app', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deployments', to='bootstrap.app')),
                    ('environment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deployments', to='bootstrap.environment')),
                ],
            ),
            migrations.CreateModel(
                name='ConfigReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reported_at', models.DateTimeField(help_text="By the agent's clock.")),
                    ('received_at', models.DateTimeField()),
                    ('release', models.CharField(blank=True, max_length=100)),
                    ('agent', models.CharField(blank=True, help_text='Version of the agent.', max_length=20)),
                    ('manifest', models.CharField(blank=True, help_text='Hash of the manifest that it judged by.', max_length=64)),
                    ('facts', models.JSONField(blank=True, default=dict, help_text='workers: processes that serve.')),
                    ('other_names', models.JSONField(blank=True, default=list, help_text='Names of variables that no rule knows.')),
                    ('content_hash', models.CharField(editable=False, help_text='SHA-256 of the report as it came.', max_length=64)),
                    ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='config_reports', to='bootstrap.deployment')),
                ],
                options={
                    'verbose_name': 'config report',
                    'ordering': ['-reported_at', '-id'],
                    'get_latest_by': ['reported_at', 'id'],
                },
            ),
            migrations.CreateModel(
                name='DeploymentEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('host_name', models.CharField(help_text='What commands call it: heroku … --app <host name>.', max_length=100)),
                    ('workers', models.PositiveSmallIntegerField(blank=True, help_text='Worker processes, where known.', null=True)),
                    ('app', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.app')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.deployment')),
                    ('environment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.environment')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='configconstraint',
                name='environment',
                field=models.ForeignKey(blank=True, help_text='Empty: in each environment by itself.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='constraints', to='bootstrap.environment'),
            ),
            migrations.CreateModel(
                name='Finding',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject', models.CharField(blank=True, max_length=100)),
                    ('kind', models.CharField(choices=[('missing', 'Missing'), ('empty', 'Empty'), ('bad_format', 'Bad format'), ('wrong_literal', 'Wrong literal'), ('fallback_active', 'Fallback active'), ('forbidden_present', 'Forbidden, but present'), ('changed_since_sign_off', 'Changed since sign-off'), ('must_equal_broken', 'Not equal, but must be'), ('must_differ_broken', 'Equal, but must differ'), ('flag_without_coverage', 'Flag without checklist coverage'), ('stale', 'Stale')], max_length=22)),
                    ('severity', models.CharField(choices=[('critical', 'Critical'), ('warning', 'Warning'), ('info', 'Info')], max_length=8)),
                    ('detail', models.TextField()),
                    ('opened_at', models.DateTimeField()),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='bootstrap.deployment')),
                    ('report', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='findings', to='bootstrap.configreport')),
                ],
                options={
                    'ordering': ['-opened_at', '-id'],
                },
            ),
            migrations.CreateModel(
                name='Item',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('key', models.CharField(max_length=100)),
                    ('text', models.TextField(help_text='Markdown.')),
                    ('body', models.TextField(blank=True, help_text='Markdown beneath it.')),
                    ('depth', models.PositiveSmallIntegerField(default=0, help_text='How deep it is nested, from 0.')),
                    ('kind', models.CharField(choices=[('provision', 'Provision'), ('set', 'Set'), ('attest', 'Attest'), ('flag', 'Flag'), ('prerequisite', 'Prerequisite'), ('question', 'Question')], default='attest', max_length=12)),
                    ('values', models.JSONField(blank=True, default=dict)),
                    ('condition', models.CharField(blank=True, help_text='When it is needed, e.g. FLAG_DEMO_SESSION=1.', max_length=300)),
                    ('line', models.PositiveIntegerField(blank=True, help_text="Line of the runbook's source.", null=True)),
                    ('two_person', models.BooleanField(default=False)),
                    ('evidence_required', models.BooleanField(default=False)),
                    ('evidence_kind', models.CharField(blank=True, choices=[('', 'A note, a link or a file'), ('file', 'A file'), ('link', 'A link')], help_text='Where evidence is asked for, which.', max_length=4)),
                    ('optional', models.BooleanField(default=False, help_text='Nothing waits for it, and a run is complete without it.')),
                    ('flag', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='bootstrap.flag')),
                    ('variables', models.ManyToManyField(blank=True, related_name='items', to='bootstrap.configvar')),
                ],
                options={
                    'ordering': ['section', 'order'],
                },
            ),
            migrations.CreateModel(
                name='PolicyExample',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('language', models.CharField(blank=True, max_length=40)),
                    ('code', models.TextField()),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                    ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='examples', to='bootstrap.policy')),
                ],
                options={
                    'ordering': ['policy', 'order'],
                },
            ),
            migrations.CreateModel(
                name='PolicyTable',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('kind', models.CharField(choices=[('matrix', 'Matrix'), ('examples', 'Examples')], max_length=8)),
                    ('header', models.JSONField(help_text='Names of the columns, markdown.')),
                    ('rows', models.JSONField(help_text='[[cell, …], …], markdown, as many cells as the header.')),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                    ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tables', to='bootstrap.policy')),
                ],
                options={
                    'ordering': ['policy', 'order'],
                },
            ),
            migrations.CreateModel(
                name='Posture',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('severity', models.CharField(choices=[('critical', 'Critical'), ('warning', 'Warning'), ('info', 'Info')], default='warning', help_text='Of a missing value while the posture stands.', max_length=8)),
                    ('instead_of', models.CharField(choices=[('critical', 'Critical'), ('warning', 'Warning'), ('info', 'Info')], default='critical', help_text='Of a missing value once it has lapsed.', max_length=8)),
                    ('reason', models.TextField(help_text='Why it is safe to go without. Markdown.')),
                    ('guard', models.CharField(help_text='While this holds, e.g. FLAG_DEMO_SESSION=0 and workers=1.', max_length=500, validators=[bootstrap.postures.models.readable])),
                    ('activation_command', models.TextField(blank=True, help_text='What brings the variable, once it is wanted.')),
                    ('source_line', models.PositiveIntegerField(blank=True, null=True)),
                    ('decided_on', models.DateField(blank=True, help_text='The date that the runbook gives.', null=True)),
                    ('author_name', models.CharField(max_length=150)),
                    ('created_at', models.DateTimeField()),
                    ('approver_name', models.CharField(blank=True, max_length=150)),
                    ('approved_at', models.DateTimeField(blank=True, null=True)),
                    ('review_by', models.DateField(help_text='After this day it lapses, unless somebody reviewed it.')),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('end_reason', models.TextField(blank=True)),
                    ('approver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postures_approved', to=settings.AUTH_USER_MODEL)),
                    ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postures_proposed', to=settings.AUTH_USER_MODEL)),
                    ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postures', to='bootstrap.deployment')),
                    ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postures_ended', to=settings.AUTH_USER_MODEL)),
                    ('reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postures_reviewed', to=settings.AUTH_USER_MODEL)),
                    ('variable', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postures', to='bootstrap.configvar')),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='ReportToken',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                    ('hint', models.CharField(editable=False, help_text='First characters, to recognise it by.', max_length=12)),
                    ('created_at', models.DateTimeField()),
                    ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('revoked_at', models.DateTimeField(blank=True, null=True)),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='report_tokens', to=settings.AUTH_USER_MODEL)),
                    ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='report_tokens', to='bootstrap.deployment')),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='Run',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject', models.CharField(blank=True, help_text='What it is about, e.g. raxx-app/TradeMasterAPI#2728, or v12 of 2026-06-12.', max_length=300)),
                    ('started_at', models.DateTimeField(auto_now_add=True)),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('checklist', models.ForeignKey(help_text='Of its version; none on a run that was open beside another one before there could be one only.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='bootstrap.checklist')),
                    ('continues', models.OneToOneField(blank=True, help_text='The run of an older version that this one took over.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='continued_by', to='bootstrap.run')),
                    ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='bootstrap.environment')),
                    ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='bootstrap.checklistversion')),
                ],
                options={
                    'ordering': ['-started_at'],
                },
            ),
            migrations.CreateModel(
                name='EvidenceFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text='As its owner called it, cleaned.', max_length=100)),
                    ('content_type', models.CharField(help_text='By its content, not by its name.', max_length=30)),
                    ('size', models.PositiveIntegerField(help_text='Bytes.')),
                    ('sha256', models.CharField(max_length=64)),
                    ('content', models.BinaryField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence_files', to=settings.AUTH_USER_MODEL)),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='bootstrap.item')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='bootstrap.run')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='RunbookVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('content_hash', models.CharField(help_text='SHA-256 of the source.', max_length=64)),
                    ('source', models.TextField(help_text='The markdown as it came.')),
                    ('digest', models.JSONField(help_text='Facts and contradictions of the text; none in versions of before.', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                    ('runbook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='bootstrap.runbook')),
                ],
                options={
                    'ordering': ['runbook', '-number'],
                },
            ),
            migrations.CreateModel(
                name='RunbookImport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('created_at', models.DateTimeField()),
                    ('moved_at', models.DateTimeField(help_text='When its state changed last.')),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('reading', 'Reading'), ('storing', 'Storing'), ('done', 'Done'), ('failed', 'Failed')], default='waiting', max_length=7)),
                    ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How often it was begun.')),
                    ('name', models.CharField(blank=True, help_text="The file's, where it was one.", max_length=200)),
                    ('system', models.CharField(blank=True, help_text='As asked for; empty for the one that it names.', max_length=50)),
                    ('source', models.TextField(blank=True)),
                    ('content_hash', models.CharField(help_text='SHA-256 of the source.', max_length=64)),
                    ('lines', models.PositiveIntegerField(help_text='Lines of the source.')),
                    ('total', models.PositiveIntegerField(default=0, help_text='Rows to store, known once it was read.')),
                    ('message', models.TextField(blank=True, help_text='What came of it.')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runbook_imports', to=settings.AUTH_USER_MODEL)),
                    ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='bootstrap.runbookversion')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.CreateModel(
                name='PostureEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('severity', models.CharField(choices=[('critical', 'Critical'), ('warning', 'Warning'), ('info', 'Info')], default='warning', help_text='Of a missing value while the posture stands.', max_length=8)),
                    ('instead_of', models.CharField(choices=[('critical', 'Critical'), ('warning', 'Warning'), ('info', 'Info')], default='critical', help_text='Of a missing value once it has lapsed.', max_length=8)),
                    ('reason', models.TextField(help_text='Why it is safe to go without. Markdown.')),
                    ('guard', models.CharField(help_text='While this holds, e.g. FLAG_DEMO_SESSION=0 and workers=1.', max_length=500, validators=[bootstrap.postures.models.readable])),
                    ('activation_command', models.TextField(blank=True, help_text='What brings the variable, once it is wanted.')),
                    ('source_line', models.PositiveIntegerField(blank=True, null=True)),
                    ('decided_on', models.DateField(blank=True, help_text='The date that the runbook gives.', null=True)),
                    ('author_name', models.CharField(max_length=150)),
                    ('created_at', models.DateTimeField()),
                    ('approver_name', models.CharField(blank=True, max_length=150)),
                    ('approved_at', models.DateTimeField(blank=True, null=True)),
                    ('review_by', models.DateField(help_text='After this day it lapses, unless somebody reviewed it.')),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('end_reason', models.TextField(blank=True)),
                    ('approver', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('author', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('deployment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.deployment')),
                    ('ended_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.posture')),
                    ('reviewer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('variable', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.configvar')),
                    ('source', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.runbookversion')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='posture',
                name='source',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postures', to='bootstrap.runbookversion'),
            ),
            migrations.AddField(
                model_name='policy',
                name='version',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='bootstrap.runbookversion'),
            ),
            migrations.CreateModel(
                name='IncidentText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('title', models.CharField(max_length=300)),
                    ('date_text', models.CharField(blank=True, max_length=100)),
                    ('date', models.DateField(blank=True, null=True)),
                    ('precision', models.CharField(blank=True, choices=[('day', 'Day'), ('month', 'Month'), ('', 'No date')], max_length=5)),
                    ('references', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, help_text='PR #2728, …', size=None)),
                    ('failure', models.TextField(blank=True, help_text='What went wrong, or the class of bug.')),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                    ('policy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='bootstrap.policy')),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='bootstrap.runbookversion')),
                ],
                options={
                    'verbose_name': 'incident of a runbook',
                    'verbose_name_plural': 'incidents of runbooks',
                    'ordering': ['version', 'order'],
                },
            ),
            migrations.CreateModel(
                name='CrossReference',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('title', models.CharField(max_length=300)),
                    ('target', models.CharField(help_text='A path or an address, as the text gives it.', max_length=500)),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='references', to='bootstrap.runbookversion')),
                ],
                options={
                    'ordering': ['version', 'order'],
                },
            ),
            migrations.AddField(
                model_name='checklistversion',
                name='runbook_version',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checklist_versions', to='bootstrap.runbookversion'),
            ),
            migrations.CreateModel(
                name='Section',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('slug', models.SlugField(allow_unicode=True, max_length=100)),
                    ('title', models.CharField(max_length=300)),
                    ('prose', models.TextField(blank=True, help_text='Markdown before the items.')),
                    ('notes', models.TextField(blank=True, help_text='Markdown after the items.')),
                    ('line', models.PositiveIntegerField(blank=True, help_text="Line of the runbook's source.", null=True)),
                    ('gate', models.CharField(choices=[('any', 'any of the flags'), ('all', 'all of the flags')], default='any', max_length=3)),
                    ('gate_flags', models.ManyToManyField(blank=True, related_name='gated_sections', to='bootstrap.flag')),
                    ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sections', to='bootstrap.checklistversion')),
                ],
                options={
                    'ordering': ['version', 'order'],
                },
            ),
            migrations.CreateModel(
                name='ItemDependency',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('needs', 'Needs'), ('together', 'Together with')], default='needs', max_length=8)),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='bootstrap.item')),
                    ('needs_item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='needed_by', to='bootstrap.item')),
                    ('needs_section', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='needed_by', to='bootstrap.section')),
                ],
                options={
                    'verbose_name_plural': 'item dependencies',
                },
            ),
            migrations.AddField(
                model_name='item',
                name='section',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='bootstrap.section'),
            ),
            migrations.CreateModel(
                name='SectionVariable',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.PositiveIntegerField()),
                    ('cells', models.JSONField(help_text='[[column, markdown], …] in the order of the table.')),
                    ('line', models.PositiveIntegerField(blank=True, help_text="Line of the runbook's source.", null=True)),
                    ('section', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variables', to='bootstrap.section')),
                    ('variable', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='told_in', to='bootstrap.configvar')),
                ],
                options={
                    'ordering': ['section', 'order'],
                },
            ),
            migrations.CreateModel(
                name='SignOff',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sequence', models.PositiveIntegerField(help_text='Counts the acts on this item in this run from 1.')),
                    ('act', models.CharField(choices=[('signed', 'Signed, awaits a second person'), ('done', 'Done'), ('undone', 'Undone'), ('not_applicable', 'Not applicable'), ('waived', 'Waived')], max_length=15)),
                    ('by_name', models.CharField(blank=True, help_text='What the signer was called then; empty on acts older than this field.', max_length=150)),
                    ('at', models.DateTimeField()),
                    ('answer', models.CharField(blank=True, choices=[('yes', 'Yes'), ('no', 'No')], help_text='To an item that asks.', max_length=3)),
                    ('note', models.TextField(blank=True)),
                    ('evidence', models.JSONField(blank=True, default=dict)),
                    ('review_by', models.DateField(blank=True, help_text='Of a waiver: the last day on which it holds (UTC).', null=True)),
                    ('previous_hash', models.CharField(blank=True, max_length=64)),
                    ('hash', models.CharField(max_length=64, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to=settings.AUTH_USER_MODEL)),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='bootstrap.item')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='bootstrap.run')),
                ],
                options={
                    'ordering': ['-id'],
                },
            ),
            migrations.AddField(
                model_name='runbook',
                name='system',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runbooks', to='bootstrap.system'),
            ),
            migrations.CreateModel(
                name='FlagEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('name', models.CharField(max_length=100)),
                    ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                    ('description', models.TextField(blank=True)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.flag')),
                    ('system', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.system')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='flag',
                name='system',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='bootstrap.system'),
            ),
            migrations.CreateModel(
                name='EnvironmentEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('slug', models.SlugField(db_index=False)),
                    ('name', models.CharField(max_length=100)),
                    ('aliases', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='Other names that events may carry, lower case, comma-separated: production, live.', size=None)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.environment')),
                    ('system', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.system')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='environment',
                name='system',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='environments', to='bootstrap.system'),
            ),
            migrations.CreateModel(
                name='ConfigConstraintEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('name', models.SlugField(db_index=False, help_text='Names the group whose values are compared.', max_length=100)),
                    ('kind', models.CharField(choices=[('must_equal', 'Must be equal'), ('must_differ', 'Must differ'), ('falls_back_to', 'Falls back to')], max_length=13)),
                    ('reason', models.TextField(blank=True, help_text='Why, and what breaks otherwise.')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.configconstraint')),
                    ('environment', models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: in each environment by itself.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.environment')),
                    ('system', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.system')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='configconstraint',
                name='system',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='constraints', to='bootstrap.system'),
            ),
            migrations.CreateModel(
                name='AppEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('id', models.BigIntegerField()),
                    ('slug', models.SlugField(db_index=False)),
                    ('name', models.CharField(max_length=100)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.app')),
                    ('system', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bootstrap.system')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.AddField(
                model_name='app',
                name='system',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='apps', to='bootstrap.system'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='system',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_systemevent" ("description", "id", "name", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (NEW."description", NEW."id", NEW."name", NEW."owner", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."slug"); RETURN NULL;', hash='c223cdf9d67cbe0cc6f035fcf0149cd807e7060a', operation='INSERT', pgid='pgtrigger_insert_insert_c09dd', table='bootstrap_system', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='system',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_systemevent" ("description", "id", "name", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (NEW."description", NEW."id", NEW."name", NEW."owner", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."slug"); RETURN NULL;', hash='c3977e290d6b122f8e76e7082e197ada31c889d4', operation='UPDATE', pgid='pgtrigger_update_update_3204d', table='bootstrap_system', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='system',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_systemevent" ("description", "id", "name", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (OLD."description", OLD."id", OLD."name", OLD."owner", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."slug"); RETURN NULL;', hash='f33a9796c9336f48fe87f0981bc05493e0da8452', operation='DELETE', pgid='pgtrigger_delete_delete_0277a', table='bootstrap_system', when='AFTER')),
            ),
            migrations.AddField(
                model_name='systemevent',
                name='pgh_context',
                field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
            ),
            migrations.AddField(
                model_name='systemevent',
                name='pgh_obj',
                field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='bootstrap.system'),
            ),
            migrations.AddField(
                model_name='variablechange',
                name='deployment',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variable_changes', to='bootstrap.deployment'),
            ),
            migrations.AddField(
                model_name='variablestate',
                name='deployment',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variable_states', to='bootstrap.deployment'),
            ),
            migrations.AddField(
                model_name='variablestate',
                name='report',
                field=models.ForeignKey(blank=True, help_text='Which said so first.', null=True, on_delete=django.db.models.deletion.SET_NULL, to='bootstrap.configreport'),
            ),
            migrations.AddConstraint(
                model_name='configvar',
                constraint=models.UniqueConstraint(fields=('app', 'name'), name='variable_name_per_app'),
            ),
            migrations.AddConstraint(
                model_name='configvar',
                constraint=models.CheckConstraint(condition=models.Q(('fallback_to__isnull', True), models.Q(('fallback_to', models.F('id')), _negated=True), _connector='OR'), name='no_fallback_to_itself'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configvar',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bootstrap_configvarevent" ("accepted", "accepted_values", "app_id", "config_key", "consumers", "default", "empty_is_unset", "failure_mode", "fallback_to_id", "format_rule", "generator", "id", "impact", "imported", "must_not_be_set", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "required_when", "secret", "source_kind", "source_path") SELECT new_values."accepted", new_values."accepted_values", new_values."app_id", new_values."config_key", new_values."consumers", new_values."default", new_values."empty_is_unset", new_values."failure_mode", new_values."fallback_to_id", new_values."format_rule", new_values."generator", new_values."id", new_values."impact", new_values."imported", new_values."must_not_be_set", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."read_at", new_values."required_when", new_values."secret", new_values."source_kind", new_values."source_path" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f4cf5ea65d3a3fed9ef82d4cb54fbf1e5ea008e5', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_78414', referencing='REFERENCING NEW TABLE AS new_values ', table='bootstrap_configvar', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configvar',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_configvarevent" ("accepted", "accepted_values", "app_id", "config_key", "consumers", "default", "empty_is_unset", "failure_mode", "fallback_to_id", "format_rule", "generator", "id", "impact", "imported", "must_not_be_set", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "required_when", "secret", "source_kind", "source_path") VALUES (NEW."accepted", NEW."accepted_values", NEW."app_id", NEW."config_key", NEW."consumers", NEW."default", NEW."empty_is_unset", NEW."failure_mode", NEW."fallback_to_id", NEW."format_rule", NEW."generator", NEW."id", NEW."impact", NEW."imported", NEW."must_not_be_set", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."read_at", NEW."required_when", NEW."secret", NEW."source_kind", NEW."source_path"); RETURN NULL;', hash='c87ac317954e8586298ee1451ad17529b3c6f868', operation='UPDATE', pgid='pgtrigger_update_update_11596', table='bootstrap_configvar', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configvar',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_configvarevent" ("accepted", "accepted_values", "app_id", "config_key", "consumers", "default", "empty_is_unset", "failure_mode", "fallback_to_id", "format_rule", "generator", "id", "impact", "imported", "must_not_be_set", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "read_at", "required_when", "secret", "source_kind", "source_path") VALUES (OLD."accepted", OLD."accepted_values", OLD."app_id", OLD."config_key", OLD."consumers", OLD."default", OLD."empty_is_unset", OLD."failure_mode", OLD."fallback_to_id", OLD."format_rule", OLD."generator", OLD."id", OLD."impact", OLD."imported", OLD."must_not_be_set", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."read_at", OLD."required_when", OLD."secret", OLD."source_kind", OLD."source_path"); RETURN NULL;', hash='482630e2389eb631544be3c1486d4080f0cce7c7', operation='DELETE', pgid='pgtrigger_delete_delete_b90b6', table='bootstrap_configvar', when='AFTER')),
            ),
            migrations.AddConstraint(
                model_name='constrainedvariable',
                constraint=models.UniqueConstraint(fields=('constraint', 'variable'), name='constrained_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='constrainedvariable',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_constrainedvariableevent" ("constraint_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "variable_id") VALUES (NEW."constraint_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."variable_id"); RETURN NULL;', hash='086e6c27e9841688d58bf89cb3798a9f6963b107', operation='INSERT', pgid='pgtrigger_insert_insert_8a751', table='bootstrap_constrainedvariable', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='constrainedvariable',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_constrainedvariableevent" ("constraint_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "variable_id") VALUES (NEW."constraint_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."variable_id"); RETURN NULL;', hash='69db3d1290be8c3e714b025123c1e343e79ac323', operation='UPDATE', pgid='pgtrigger_update_update_c4b50', table='bootstrap_constrainedvariable', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='constrainedvariable',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_constrainedvariableevent" ("constraint_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "variable_id") VALUES (OLD."constraint_id", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."variable_id"); RETURN NULL;', hash='96d9942e57a5ff91c2e9e817fede4a59de1c2691', operation='DELETE', pgid='pgtrigger_delete_delete_9fc59', table='bootstrap_constrainedvariable', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='configreport',
                index=models.Index(fields=['deployment', '-reported_at', '-id'], name='config_report_newest'),
            ),
            migrations.AddConstraint(
                model_name='configreport',
                constraint=models.UniqueConstraint(fields=('deployment', 'reported_at', 'content_hash'), name='config_report_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configreport',
                trigger=pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='74c453a023490ca6446c29d3a637760176ca5431', operation='UPDATE', pgid='pgtrigger_never_changed_c67d8', table='bootstrap_configreport', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configreport',
                trigger=pgtrigger.compiler.Trigger(name='kept_while_young', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.received_at > NOW() - INTERVAL '89 days')", func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='4a923c2545e1657bbb2b2e524431a4e1ed27908c', operation='DELETE', pgid='pgtrigger_kept_while_young_45336', table='bootstrap_configreport', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='deployment',
                constraint=models.UniqueConstraint(fields=('app', 'environment'), name='deployment_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='deployment',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_deploymentevent" ("app_id", "environment_id", "host_name", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "workers") VALUES (NEW."app_id", NEW."environment_id", NEW."host_name", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."workers"); RETURN NULL;', hash='051824fc2e8dd1adebd98e0c1e4366a8f4ea9206', operation='INSERT', pgid='pgtrigger_insert_insert_8b50d', table='bootstrap_deployment', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='deployment',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_deploymentevent" ("app_id", "environment_id", "host_name", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "workers") VALUES (NEW."app_id", NEW."environment_id", NEW."host_name", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."workers"); RETURN NULL;', hash='0782fdce51ec39963ab913027105f239a90de559', operation='UPDATE', pgid='pgtrigger_update_update_04c3d', table='bootstrap_deployment', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='deployment',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_deploymentevent" ("app_id", "environment_id", "host_name", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "workers") VALUES (OLD."app_id", OLD."environment_id", OLD."host_name", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."workers"); RETURN NULL;', hash='b45165c6fde0ec00e4e4361c5d0663a7109a3b05', operation='DELETE', pgid='pgtrigger_delete_delete_15674', table='bootstrap_deployment', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='finding',
                index=models.Index(fields=['deployment', '-opened_at'], name='finding_newest'),
            ),
            migrations.AddIndex(
                model_name='finding',
                index=models.Index(fields=['closed_at'], name='finding_closed'),
            ),
            migrations.AddConstraint(
                model_name='finding',
                constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('deployment', 'subject', 'kind'), name='one_open_finding'),
            ),
            migrations.AddConstraint(
                model_name='finding',
                constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), ('closed_at__gte', models.F('opened_at')), _connector='OR'), name='finding_closes_after_opening'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='finding',
                trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='9c5dda8d8582afe2d35015127187cb655a4f055d', operation='DELETE', pgid='pgtrigger_never_deleted_bd6bd', table='bootstrap_finding', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='finding',
                trigger=pgtrigger.compiler.Trigger(name='opened_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."deployment_id" IS DISTINCT FROM (NEW."deployment_id") OR OLD."detail" IS DISTINCT FROM (NEW."detail") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."opened_at" IS DISTINCT FROM (NEW."opened_at") OR OLD."severity" IS DISTINCT FROM (NEW."severity") OR OLD."subject" IS DISTINCT FROM (NEW."subject"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='5442f5298ab13ad7bc2a618c227f2baea214c541', operation='UPDATE', pgid='pgtrigger_opened_once_859f1', table='bootstrap_finding', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='finding',
                trigger=pgtrigger.compiler.Trigger(name='closed_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") AND OLD."closed_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1fe45281e924073140c00cc4db6bc875fd1be735', operation='UPDATE', pgid='pgtrigger_closed_once_1736b', table='bootstrap_finding', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='policyexample',
                constraint=models.UniqueConstraint(fields=('policy', 'order'), name='policy_example_order'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='policyexample',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='aeaf731ad30996cf0a3d6087525df65b84a7869a', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_ddfe5', table='bootstrap_policyexample', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='policytable',
                constraint=models.UniqueConstraint(fields=('policy', 'order'), name='policy_table_order'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='policytable',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='14ea820485b434f98376dde0c30f4061df0fa014', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_cd0fb', table='bootstrap_policytable', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='run',
                constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('checklist', 'environment', 'subject'), name='one_open_run'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='evidencefile',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3c824f1f49244f9d0b6b20d05956bee7555974d8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9f215', table='bootstrap_evidencefile', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='evidencefile',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='a282664cd555f4c2368be93483e4f42a7a3ea786', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_6f382', table='bootstrap_evidencefile', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='runbookversion',
                constraint=models.UniqueConstraint(fields=('runbook', 'number'), name='runbook_version_number'),
            ),
            migrations.AddConstraint(
                model_name='runbookversion',
                constraint=models.UniqueConstraint(fields=('runbook', 'content_hash'), name='runbook_text_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='runbookversion',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bf6987837caf3f46eb1decf1817f55ad6b27b8fc', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_f0fb4', table='bootstrap_runbookversion', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='runbookversion',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='9fdf393c5b7427dbddd5efec9e1030c8c20d68c3', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_6b7b9', table='bootstrap_runbookversion', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='runbookimport',
                constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'reading', 'storing'])), fields=('by', 'content_hash', 'system'), name='runbook_import_once'),
            ),
            migrations.AddConstraint(
                model_name='posture',
                constraint=models.CheckConstraint(condition=models.Q(('approver__isnull', True), ('author__isnull', True), models.Q(('approver', models.F('author')), _negated=True), _connector='OR'), name='posture_of_two_people'),
            ),
            migrations.AddConstraint(
                model_name='posture',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approver_name', '')), models.Q(('approved_at__isnull', False), models.Q(('approver_name', ''), _negated=True)), _connector='OR'), name='posture_approval_whole'),
            ),
            migrations.AddConstraint(
                model_name='posture',
                constraint=models.UniqueConstraint(condition=models.Q(('approved_at__isnull', False), ('ended_at__isnull', True)), fields=('deployment', 'variable'), name='one_posture_in_force'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='posture',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_postureevent" ("activation_command", "approved_at", "approver_id", "approver_name", "author_id", "author_name", "created_at", "decided_on", "deployment_id", "end_reason", "ended_at", "ended_by_id", "guard", "id", "instead_of", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_by", "reviewer_id", "severity", "source_id", "source_line", "variable_id") VALUES (NEW."activation_command", NEW."approved_at", NEW."approver_id", NEW."approver_name", NEW."author_id", NEW."author_name", NEW."created_at", NEW."decided_on", NEW."deployment_id", NEW."end_reason", NEW."ended_at", NEW."ended_by_id", NEW."guard", NEW."id", NEW."instead_of", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."review_by", NEW."reviewer_id", NEW."severity", NEW."source_id", NEW."source_line", NEW."variable_id"); RETURN NULL;', hash='fb7027b8da16a4966951133df46a2b4432409a7d', operation='INSERT', pgid='pgtrigger_insert_insert_964bd', table='bootstrap_posture', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='posture',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_postureevent" ("activation_command", "approved_at", "approver_id", "approver_name", "author_id", "author_name", "created_at", "decided_on", "deployment_id", "end_reason", "ended_at", "ended_by_id", "guard", "id", "instead_of", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_by", "reviewer_id", "severity", "source_id", "source_line", "variable_id") VALUES (NEW."activation_command", NEW."approved_at", NEW."approver_id", NEW."approver_name", NEW."author_id", NEW."author_name", NEW."created_at", NEW."decided_on", NEW."deployment_id", NEW."end_reason", NEW."ended_at", NEW."ended_by_id", NEW."guard", NEW."id", NEW."instead_of", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."review_by", NEW."reviewer_id", NEW."severity", NEW."source_id", NEW."source_line", NEW."variable_id"); RETURN NULL;', hash='874a30d42b43f2c8fde2ad2a8c0d2349052fcb56', operation='UPDATE', pgid='pgtrigger_update_update_d70cd', table='bootstrap_posture', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='posture',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_postureevent" ("activation_command", "approved_at", "approver_id", "approver_name", "author_id", "author_name", "created_at", "decided_on", "deployment_id", "end_reason", "ended_at", "ended_by_id", "guard", "id", "instead_of", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_by", "reviewer_id", "severity", "source_id", "source_line", "variable_id") VALUES (OLD."activation_command", OLD."approved_at", OLD."approver_id", OLD."approver_name", OLD."author_id", OLD."author_name", OLD."created_at", OLD."decided_on", OLD."deployment_id", OLD."end_reason", OLD."ended_at", OLD."ended_by_id", OLD."guard", OLD."id", OLD."instead_of", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."review_by", OLD."reviewer_id", OLD."severity", OLD."source_id", OLD."source_line", OLD."variable_id"); RETURN NULL;', hash='b00ea07f71cf7c3890371b89d1b223ec31f36dab', operation='DELETE', pgid='pgtrigger_delete_delete_5c704', table='bootstrap_posture', when='AFTER')),
            ),
            migrations.AddConstraint(
                model_name='policy',
                constraint=models.UniqueConstraint(fields=('version', 'slug'), name='policy_slug_per_version'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='policy',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='39b90da89a7e6c5bf1f8c6a4468cf59c51033242', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_0b13c', table='bootstrap_policy', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='incidenttext',
                constraint=models.UniqueConstraint(fields=('version', 'order'), name='incident_text_order'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='incidenttext',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='106e808ce9a2c3973106c3c7e40108173d66d05d', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_9585b', table='bootstrap_incidenttext', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='crossreference',
                constraint=models.UniqueConstraint(fields=('version', 'order'), name='cross_reference_order'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='crossreference',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='788122b8ec6332e0a2c9ca9ab72a3be0ad5ba8ef', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_a2e32', table='bootstrap_crossreference', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='checklistversion',
                constraint=models.UniqueConstraint(fields=('checklist', 'number'), name='checklist_version_number'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='checklistversion',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2ce3e1fc1a834873e2425c4cdac272110528f430', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_9d492', table='bootstrap_checklistversion', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='section',
                constraint=models.UniqueConstraint(fields=('version', 'slug'), name='section_slug_per_version'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='section',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='95f4b41b5d504616996479f9c3a5712db0b835a0', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_38880', table='bootstrap_section', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='itemdependency',
                constraint=models.CheckConstraint(condition=models.Q(('needs_item__isnull', True), ('needs_section__isnull', True), _connector='XOR'), name='dependency_on_one_thing'),
            ),
            migrations.AddConstraint(
                model_name='itemdependency',
                constraint=models.CheckConstraint(condition=models.Q(('kind', 'needs'), ('needs_item__isnull', False), _connector='OR'), name='together_with_an_item'),
            ),
            migrations.AddConstraint(
                model_name='itemdependency',
                constraint=models.UniqueConstraint(fields=('item', 'needs_item'), name='dependency_on_item_once'),
            ),
            migrations.AddConstraint(
                model_name='itemdependency',
                constraint=models.UniqueConstraint(fields=('item', 'needs_section'), name='dependency_on_section_once'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='itemdependency',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2aeb3f3c6f88ce6507cce930efa49e2d6280d2de', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_b724b', table='bootstrap_itemdependency', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='item',
                constraint=models.UniqueConstraint(fields=('section', 'key'), name='item_key_per_section'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='item',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='63b34f235c3ccd6fe117a729af2519c48da32439', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_38b2b', table='bootstrap_item', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='sectionvariable',
                constraint=models.UniqueConstraint(fields=('section', 'order'), name='section_variable_order'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='sectionvariable',
                trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5344c010cb67b9ca3c9e9c18aeac7ca460a22694', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_6a607', table='bootstrap_sectionvariable', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='signoff',
                constraint=models.UniqueConstraint(fields=('run', 'item', 'sequence'), name='sign_off_sequence'),
            ),
            migrations.AddConstraint(
                model_name='signoff',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('act', 'waived'), ('review_by__isnull', False)), models.Q(models.Q(('act', 'waived'), _negated=True), ('review_by__isnull', True)), _connector='OR'), name='waivers_have_a_review_date'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='signoff',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='622a5eced062ff3ab96204b1d4f09c2d41a223b5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e77d7', table='bootstrap_signoff', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='signoff',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='6ff404dbc6e6025db499927a16d4c6b447a90487', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_3a0b2', table='bootstrap_signoff', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='flag',
                constraint=models.UniqueConstraint(fields=('system', 'name'), name='flag_name_per_system'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='flag',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_flagevent" ("aliases", "description", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system_id") VALUES (NEW."aliases", NEW."description", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."system_id"); RETURN NULL;', hash='306cf2b2615c842402b3efedf85ee474f5bcfdf7', operation='INSERT', pgid='pgtrigger_insert_insert_3d556', table='bootstrap_flag', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='flag',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_flagevent" ("aliases", "description", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system_id") VALUES (NEW."aliases", NEW."description", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."system_id"); RETURN NULL;', hash='72e454526f0619c1f1844bc79bc2485816512cce', operation='UPDATE', pgid='pgtrigger_update_update_352fc', table='bootstrap_flag', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='flag',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_flagevent" ("aliases", "description", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system_id") VALUES (OLD."aliases", OLD."description", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."system_id"); RETURN NULL;', hash='cbdc74101cae02714b1695d850cd40db4fa92aad', operation='DELETE', pgid='pgtrigger_delete_delete_25ca4', table='bootstrap_flag', when='AFTER')),
            ),
            migrations.AddConstraint(
                model_name='environment',
                constraint=models.UniqueConstraint(fields=('system', 'slug'), name='environment_slug_per_system'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='environment',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_environmentevent" ("aliases", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (NEW."aliases", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."slug", NEW."system_id"); RETURN NULL;', hash='16d9bd6c25ae2a646e7bf8c0a4ac875727749dbe', operation='INSERT', pgid='pgtrigger_insert_insert_e1e2a', table='bootstrap_environment', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='environment',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_environmentevent" ("aliases", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (NEW."aliases", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."slug", NEW."system_id"); RETURN NULL;', hash='3a265430b13f20e02905d5b3adfb095a6a63ac79', operation='UPDATE', pgid='pgtrigger_update_update_e8622', table='bootstrap_environment', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='environment',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_environmentevent" ("aliases", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (OLD."aliases", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."slug", OLD."system_id"); RETURN NULL;', hash='ba6b93e213aaf3e93e444f62c84b7a62074f34ae', operation='DELETE', pgid='pgtrigger_delete_delete_8f8a1', table='bootstrap_environment', when='AFTER')),
            ),
            migrations.AddConstraint(
                model_name='configconstraint',
                constraint=models.UniqueConstraint(fields=('system', 'name'), name='constraint_name_per_system'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configconstraint',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_configconstraintevent" ("environment_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "system_id") VALUES (NEW."environment_id", NEW."id", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."system_id"); RETURN NULL;', hash='6d999d4f059bb8a43272229b0733eb0ba353ff91', operation='INSERT', pgid='pgtrigger_insert_insert_d65e3', table='bootstrap_configconstraint', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configconstraint',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_configconstraintevent" ("environment_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "system_id") VALUES (NEW."environment_id", NEW."id", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."system_id"); RETURN NULL;', hash='7755ebe87e71bca4d2946a45bfa39619885f66fd', operation='UPDATE', pgid='pgtrigger_update_update_d530b', table='bootstrap_configconstraint', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='configconstraint',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_configconstraintevent" ("environment_id", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "system_id") VALUES (OLD."environment_id", OLD."id", OLD."kind", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."system_id"); RETURN NULL;', hash='9b793c592e294564bdcfa969f0a8f44d2967d96d', operation='DELETE', pgid='pgtrigger_delete_delete_10b00', table='bootstrap_configconstraint', when='AFTER')),
            ),
            migrations.AddConstraint(
                model_name='app',
                constraint=models.UniqueConstraint(fields=('system', 'slug'), name='app_slug_per_system'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='app',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_appevent" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."slug", NEW."system_id"); RETURN NULL;', hash='873c36b66c6d179b79c8dffb4b00fe22e7c09db1', operation='INSERT', pgid='pgtrigger_insert_insert_cbf98', table='bootstrap_app', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='app',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bootstrap_appevent" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."slug", NEW."system_id"); RETURN NULL;', hash='2ad555811d0970d8b3cd419eae2c1c4b39117667', operation='UPDATE', pgid='pgtrigger_update_update_4b912', table='bootstrap_app', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='app',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bootstrap_appevent" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "system_id") VALUES (OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."slug", OLD."system_id"); RETURN NULL;', hash='587d0aaf599bece6b857730b1f308f31a187d629', operation='DELETE', pgid='pgtrigger_delete_delete_18d5e', table='bootstrap_app', when='AFTER')),
            ),
            migrations.AddIndex(
                model_name='variablechange',
                index=models.Index(fields=['deployment', '-at', '-id'], name='variable_change_newest'),
            ),
            migrations.AddIndex(
                model_name='variablechange',
                index=models.Index(fields=['deployment', 'name', 'at'], name='variable_change_of_one'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='variablechange',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9db3dee1dd8e0cf887417709d4f29e3c3634d1e4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_fcd87', table='bootstrap_variablechange', when='BEFORE')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='variablechange',
                trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('opsconsole.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'opsconsole: Cannot truncate % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='c5f03d7bc61f3e7bf1f29ef420a907e7141cd5bc', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_5e03b', table='bootstrap_variablechange', when='BEFORE')),
            ),
            migrations.AddConstraint(
                model_name='variablestate',
                constraint=models.UniqueConstraint(fields=('deployment', 'name'), name='variable_state_once'),
            ),
        ]),
    ]
