"""The cursor knows its cluster; an event cannot name another transaction than the one that writes it."""

from django.db import migrations, models

OWN = """
CREATE FUNCTION ledger_own_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '账本事件的事务号由数据库填写 / the transaction of an event is for the database to say'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_event_own_transaction AFTER INSERT ON ledger_event
    FOR EACH ROW WHEN (NEW.transaction IS DISTINCT FROM (pg_current_xact_id()::text)::bigint)
    EXECUTE FUNCTION ledger_own_transaction();
"""  # AFTER: a trigger before each row would keep COPY from writing many rows at once


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
            OWN,
            "DROP TRIGGER ledger_event_own_transaction ON ledger_event; DROP FUNCTION ledger_own_transaction();",
        ),
    ]
