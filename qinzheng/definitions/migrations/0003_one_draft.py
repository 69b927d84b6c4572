"""One draft a definition and day; a text that stood before may be published again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("definitions", "0002_published_stay")]
    operations = [
        migrations.RemoveConstraint(model_name="edition", name="definitions_edition_once"),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.UniqueConstraint(
                fields=["kind", "definition", "in_force_from"],
                condition=models.Q(published_at=None),
                nulls_distinct=False,
                name="definitions_edition_one_draft",
            ),
        ),
    ]
