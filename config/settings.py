"""Settings, read from the environment only. One file.

``DATABASE_URL`` (postgresql://…) names the database; without it the embedded
PostgreSQL under ``QINZHENG_HOME`` (default ``var/``) is used and started on demand
by ``qinzheng.operations.database``.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("QINZHENG_HOME", BASE_DIR / "var"))

SECRET_KEY = os.environ.get("SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "qinzheng.ledger",
    "qinzheng.definitions",
    "qinzheng.clocks",
    "qinzheng.cases",
    "qinzheng.supervision",
    "qinzheng.operations",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(url: str) -> dict[str, object]:
    """Django's settings of the database at ``url`` (postgresql://user:password@host:port/name?host=socket)."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "qinzheng",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 1},
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///qinzheng"))}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "zh-hans"
CRYPTO = os.environ.get("CRYPTO", "std")  # "gm": SM2/SM3 instead of Ed25519/SHA-256
