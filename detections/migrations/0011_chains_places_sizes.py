"""Texts of an event that signatures match, decoded sizes of inbox rows, and paths of series that their route hides."""

from django.db import migrations, models

# Constant defaults: no row of any partition is rewritten. Partitions made later copy them from the parent.
ADD = """
ALTER TABLE detections_event
    ADD COLUMN chain jsonb NOT NULL DEFAULT '[]', ADD COLUMN places jsonb NOT NULL DEFAULT '[]'
"""
REMOVE = "ALTER TABLE detections_event DROP COLUMN chain, DROP COLUMN places"


class Migration(migrations.Migration):
    dependencies = [("detections", "0010_rules_over_rules")]

    operations = [
        migrations.RunSQL(ADD, REMOVE),
        migrations.AddField("inbox", "size", models.PositiveIntegerField(help_text="Bytes of the body when decoded, by which digest bounds its batches; null: not known.", null=True)),
        migrations.AddField("series", "url_path", models.CharField(blank=True, default="", help_text="The URL's path pattern where it is not the route's.", max_length=300)),
        migrations.RemoveConstraint("series", "series_identity"),
        migrations.AddConstraint("series", models.UniqueConstraint(fields=("project_environment", "source", "kind", "method", "route", "url_path"), name="series_identity")),
    ]
