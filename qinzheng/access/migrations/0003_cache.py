"""The table of what every process must see at once: used codes of second factors, tries at a login."""

from django.db import migrations

MAKE = """
CREATE TABLE access_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamp with time zone NOT NULL
);
CREATE INDEX access_cache_expires ON access_cache (expires);
COMMENT ON TABLE access_cache IS '各进程共享的短时记录：用过的验证码、登录尝试';
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_accounts_kept")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE access_cache")]
