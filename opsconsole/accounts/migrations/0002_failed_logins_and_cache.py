"""Wrong passwords, and the table of Django's cache, in which allauth counts other limits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE_CACHE = """
CREATE TABLE opsconsole_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX opsconsole_cache_expires ON opsconsole_cache (expires);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(CREATE_CACHE, "DROP TABLE opsconsole_cache"),
        migrations.CreateModel(
            name='FailedLogin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_hash', models.CharField(editable=False, help_text='Of the account, or of the name typed.', max_length=64)),
                ('address', models.CharField(help_text='IPv4 address or IPv6 network that it came from.', max_length=50)),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='failed_logins', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'failed sign-in',
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['address', '-at'], name='failed_login_by_address'), models.Index(fields=['at'], name='failed_login_by_time')],
            },
        ),
    ]
