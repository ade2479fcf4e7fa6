from django.db import migrations, models

# Groups go on to be repeated when their leaders would have been.
TO_GROUPS = """
UPDATE detections_alertgroup AS led SET repeat_at = alert.repeat_at
FROM detections_alert AS alert WHERE alert.id = led.leader_id AND led.closed_at IS NULL
"""
TO_LEADERS = """
UPDATE detections_alert AS alert SET repeat_at = led.repeat_at
FROM detections_alertgroup AS led WHERE alert.id = led.leader_id AND led.closed_at IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('detections', '0007_somebody_is_told'),
    ]

    operations = [
        migrations.AddField(
            model_name='alertgroup',
            name='repeat_at',
            field=models.DateTimeField(blank=True, help_text='When a policy with a repeat interval may want its message again; null: never.', null=True),
        ),
        migrations.RunSQL(TO_GROUPS, TO_LEADERS),
        migrations.RemoveIndex(
            model_name='alert',
            name='alert_repeat',
        ),
        migrations.RemoveField(
            model_name='alert',
            name='repeat_at',
        ),
        migrations.AddIndex(
            model_name='alertgroup',
            index=models.Index(condition=models.Q(('repeat_at__isnull', False)), fields=['repeat_at'], name='alert_group_repeat'),
        ),
    ]
