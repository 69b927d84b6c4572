"""A number that every change of the register raises, so that what was made of it can be kept until it changes."""

from django.db import migrations

TABLES = ("organization", "placement", "post", "stand_in", "tenure", "absence")
MADE = """
CREATE TABLE organizations_changes (number bigint NOT NULL);
COMMENT ON TABLE organizations_changes IS '单位、岗位、任职每次变动加一';
COMMENT ON COLUMN organizations_changes.number IS '变动次数';
INSERT INTO organizations_changes VALUES (0);
CREATE FUNCTION organizations_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organizations_changes SET number = number + 1;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER organizations_{0}_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON organizations_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION organizations_changed();
"""
GONE = "DROP FUNCTION organizations_changed() CASCADE; DROP TABLE organizations_changes;"


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]
    operations = [migrations.RunSQL(MADE + "".join(TRIGGER.format(table) for table in TABLES), GONE)]
