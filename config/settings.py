"""Settings, read from the environment only. One file.

``DATABASE_URL`` (postgresql://…) names the database; without it the embedded
PostgreSQL under ``QINZHENG_HOME`` (default ``var/``) is used and started on demand
by ``qinzheng.operations.database``.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from qinzheng.web import assets

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("QINZHENG_HOME", BASE_DIR / "var"))

SECRET_KEY = os.environ.get("SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "qinzheng.ledger",
    "qinzheng.definitions",
    "qinzheng.organizations",
    "qinzheng.parties",
    "qinzheng.clocks",
    "qinzheng.cases",
    "qinzheng.supervision",
    "qinzheng.operations",
    "qinzheng.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "qinzheng.web.headers.HeadersMiddleware",
    "qinzheng.web.headers.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qinzheng.web.language.LanguageMiddleware",
    "qinzheng.web.theme.ThemeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "qinzheng.web.urls"
CSRF_FAILURE_VIEW = "qinzheng.web.errors.form_expired"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "qinzheng.web.templatetags.shell"],
            "context_processors": ["django.template.context_processors.request", "qinzheng.web.context.page"],
        },
    }
]
# The digest of the files is a part of their address, so that browsers may keep them for ever.
STATIC_URL = f"/static/{assets.digest()}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = rf"^{STATIC_URL}"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF], "font-src": [SELF],
        "connect-src": [SELF], "manifest-src": [SELF], "form-action": [SELF], "base-uri": [NONE], "frame-ancestors": [NONE],
    }
}  # fmt: skip
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
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
CRYPTO = os.environ.get("CRYPTO", "std")  # "gm": SM2/SM3/SM4 instead of Ed25519/SHA-256/AES

# The key of all personal data, never in the database (ADR 0011): base64 of 32 bytes, or a file of mode 0600.
MASTER_KEY = os.environ.get("QINZHENG_MASTER_KEY", "")
MASTER_KEY_FILE = os.environ.get("QINZHENG_MASTER_KEY_FILE", "") or str(HOME / "keys" / "master.key")
# Only with the embedded database is a missing key file made; a city makes, keeps and backs up its own.
MASTER_KEY_MADE = not os.environ.get("DATABASE_URL")
