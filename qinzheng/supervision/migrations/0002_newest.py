"""The cards just issued, without reading all of them: for the wall and the list of cards."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index."""

    dependencies = [("supervision", "0001_initial")]
    operations = [
        migrations.AddIndex(
            "card", models.Index(fields=["-issued_at", "id"], name="supervision_card_newest")
        ),
    ]
