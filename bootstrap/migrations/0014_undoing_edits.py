from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bootstrap', '0013_edited_items'),
    ]

    operations = [
        migrations.AddField(
            model_name='runbookimport',
            name='undo_edits',
            field=models.BooleanField(default=False, help_text='To be stored although it lacks what was edited on the page since.'),
        ),
    ]
