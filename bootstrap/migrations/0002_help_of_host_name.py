from django.db import migrations, models

HELP = "What commands call it: heroku … --app raxx-api-prod."


class Migration(migrations.Migration):
    """Nothing changes in the database: the help text has no angle brackets any more, which the admin took for HTML."""

    dependencies = [("bootstrap", "0001_initial")]

    operations = [
        migrations.AlterField("deployment", "host_name", models.CharField(help_text=HELP, max_length=100)),
        migrations.AlterField("deploymentevent", "host_name", models.CharField(help_text=HELP, max_length=100)),
    ]
