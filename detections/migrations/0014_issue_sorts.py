from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detections", "0013_no_truncate")]

    operations = [
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["-first_seen"], name="issue_first_seen"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["-events", "-id"], name="issue_events"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["-users", "-id"], name="issue_users"),
        ),
    ]
