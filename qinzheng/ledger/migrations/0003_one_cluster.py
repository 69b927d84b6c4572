"""The cursor knows its cluster; an event names the transaction that wrote it, whatever its writer says."""

from django.db import migrations, models

STAMP = """
CREATE FUNCTION ledger_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.transaction := (pg_current_xact_id()::text)::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_event_stamp BEFORE INSERT ON ledger_event
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_only_insert")]
    operations = [
        migrations.AddField(
            model_name="head",
            name="cluster",
            field=models.CharField(
                db_comment="游标所属的数据库集群；恢复到另一集群后事务号重新开始", default="", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="head",
            name="floor",
            field=models.BigIntegerField(db_comment="此行及以前均已定序，其事务号属于另一集群", default=0),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("precision__in", ["day", "instant"])), name="ledger_event_known_precision"
            ),
        ),
        migrations.RunSQL(
            STAMP, "DROP TRIGGER ledger_event_stamp ON ledger_event; DROP FUNCTION ledger_stamp();"
        ),
    ]
