"""The labels of a rule's modes, which say no more than the mode: whether it is dormant is another thing."""

from django.db import migrations, models

MODES = [("draft", "Draft"), ("shadow", "Shadow"), ("active", "Active"), ("retired", "Retired")]


class Migration(migrations.Migration):
    dependencies = [("detections", "0016_loggers_and_senders")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="mode",
            field=models.CharField(choices=MODES, default="draft", max_length=8),
        )
        for name in ("rule", "ruleevent")
    ]
