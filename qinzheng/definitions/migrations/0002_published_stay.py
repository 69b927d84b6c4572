"""A published edition never changes and never goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("definitions", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION definitions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '已发布的版本不可更改，请起草新版本 / a published edition never changes: draft a new one'
                    USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER definitions_published_stay BEFORE UPDATE OR DELETE ON definitions_edition
                FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION definitions_refuse();
            """,
            "DROP TRIGGER definitions_published_stay ON definitions_edition; DROP FUNCTION definitions_refuse();",
        )
    ]
