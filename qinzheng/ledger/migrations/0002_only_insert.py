"""Triggers that refuse to change or remove events and positions: friction, not proof."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '账本只增不改：% 表不允许 %；更正请追加新事件 / the ledger is append-only: no % on %',
        TG_TABLE_NAME, TG_OP, TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
TABLES = ("ledger_event", "ledger_position")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION ledger_refuse()"),
        *(
            migrations.RunSQL(
                f"""
                CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table}
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
                CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
                """,
                f"DROP TRIGGER {table}_rows ON {table}; DROP TRIGGER {table}_truncate ON {table};",
            )
            for table in TABLES
        ),
    ]
