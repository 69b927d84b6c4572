"""Settings, read from the environment only. One file.

``DATABASE_URL`` (postgresql://…) names the database; without it the embedded
PostgreSQL under ``QINZHENG_HOME`` (default ``var/``) is used and started on demand
by ``qinzheng.operations.database``.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from config import files

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("QINZHENG_HOME", BASE_DIR / "var"))

EMBEDDED = os.environ.get("DATABASE_URL", "") in ("", os.environ.get("QINZHENG_EMBEDDED", ""))
"""The database is the embedded one: a process that starts it leaves its address to its children."""
DEMO_REFUSED = os.environ.get("QINZHENG_DEMO", "") == "1" and not EMBEDDED
DEMO = os.environ.get("QINZHENG_DEMO", "") == "1" and EMBEDDED
"""A fictional city with one-click logins; never beside a database of one's own."""
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
PROXIES = int(os.environ.get("PROXIES", "0"))
"""How many reverse proxies of ours stand in front and are believed."""
METRICS_TOKEN = os.environ.get("QINZHENG_METRICS_TOKEN", "")
"""Who holds it may read /metrics; without one only this machine may."""
LOGGING_CONFIG = "qinzheng.operations.logs.configure"
LOG_DAYS = int(os.environ.get("QINZHENG_LOG_DAYS", "400"))
"""How long the files of ``QINZHENG_LOGS`` are kept; fewer than 180 are refused (six months by law)."""
LOGGING: dict[str, Any] = {
    "level": os.environ.get("QINZHENG_LOG_LEVEL", "INFO").upper(), "folder": os.environ.get("QINZHENG_LOGS", ""),
    "days": max(LOG_DAYS, 180),
}  # fmt: skip

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "qinzheng.web",  # before allauth: its pages wear our layout
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "qinzheng.ledger",
    "qinzheng.definitions",
    "qinzheng.organizations",
    "qinzheng.parties",
    "qinzheng.clocks",
    "qinzheng.cases",
    "qinzheng.supervision",
    "qinzheng.notifications",
    "qinzheng.mechanisms.applying",
    "qinzheng.mechanisms.windows",
    "qinzheng.access",
    "qinzheng.operations",
    "qinzheng.exchange.upward",
]
MIDDLEWARE = [
    "qinzheng.web.requests.RequestMiddleware",
    "qinzheng.web.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "qinzheng.web.headers.HeadersMiddleware",
    "qinzheng.web.headers.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qinzheng.web.language.LanguageMiddleware",
    "qinzheng.web.theme.ThemeMiddleware",
    "qinzheng.web.requests.SoundMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qinzheng.access.gate.Gate",
    "qinzheng.access.middleware.Reader",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "qinzheng.access.login.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["login"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "qinzheng.access.passwords.Mixed"},
    {"NAME": "qinzheng.access.passwords.Another"},
]
PASSWORD_DAYS = int(os.environ.get("QINZHENG_PASSWORD_DAYS", "90"))
"""Older passwords must be changed; 0: never (ours)."""
SECOND_FACTOR_FOR = tuple(os.environ.get("QINZHENG_SECOND_FACTOR", "").replace(",", " ").split())
"""Kinds of accounts that log in with two factors beside administrators, who always do: officer, citizen, handler."""
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/work/"
LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 30 * 60  # idle, 等保三级: thirty minutes at most
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("HTTPS", "") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("HTTPS", "") == "1" else None
# Five wrong passwords lock a login for fifteen minutes, whoever tries (ours).
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME, AXES_LOCKOUT_PARAMETERS = 5, 0.25, ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "qinzheng.access.login.tried_login"
AXES_LOCKOUT_CALLABLE = "qinzheng.web.accounts.views.locked_out"
AXES_IPWARE_PROXY_COUNT = PROXIES or None
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "qinzheng.access.login.Adapter"
ACCOUNT_FORMS = {
    "login": "qinzheng.web.accounts.forms.LoginForm",
    "reauthenticate": "qinzheng.web.accounts.forms.AgainForm",
    "change_password": "qinzheng.web.accounts.forms.ChangeForm",
}
MFA_FORMS = {
    "authenticate": "qinzheng.web.accounts.forms.CodeForm",
    "reauthenticate": "qinzheng.web.accounts.forms.GiveForm",
    "activate_totp": "qinzheng.web.accounts.forms.ActivateForm",
}
ACCOUNT_SESSION_REMEMBER = False  # nobody stays logged in beyond the idle limit
ACCOUNT_RATE_LIMITS = False  # wrong passwords are counted by axes, in the database, for all processes
MFA_TOTP_ISSUER = "勤政 Qinzheng"
MFA_ADAPTER = "qinzheng.access.login.FactorAdapter"


def claims_of(text: str) -> dict[str, str]:
    """``name=name,phone=phone_number``: our field → the claim of the provider."""
    pairs = (pair.split("=", 1) for pair in text.split(",") if "=" in pair)
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}


# Single sign-on by OpenID Connect: on where OIDC_SERVER (staff) or OIDC_CITIZENS_SERVER (citizens) names an issuer.
OIDC: dict[str, dict[str, Any]] = {
    "staff": {
        "name": os.environ.get("OIDC_NAME", "统一身份认证"), "issuer": os.environ.get("OIDC_SERVER", ""),
        "client_id": os.environ.get("OIDC_CLIENT_ID", ""), "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
    },
    "citizens": {
        "name": os.environ.get("OIDC_CITIZENS_NAME", "政务服务统一身份认证"), "issuer": os.environ.get("OIDC_CITIZENS_SERVER", ""),
        "client_id": os.environ.get("OIDC_CITIZENS_CLIENT_ID", ""), "secret": os.environ.get("OIDC_CITIZENS_CLIENT_SECRET", ""),
        "scope": os.environ.get("OIDC_CITIZENS_SCOPE", "openid profile"),
        "claims": claims_of(os.environ.get("OIDC_CITIZENS_CLAIMS", "name=name,identity_number=identity_number,phone=phone_number")),
    },
}  # fmt: skip
OIDC = {id: given for id, given in OIDC.items() if given["issuer"]}
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
STATIC_URL = f"/static/{files.digest()}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = rf"^{STATIC_URL}"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF], "font-src": [SELF],
        "connect-src": [SELF], "manifest-src": [SELF], "base-uri": [NONE], "frame-ancestors": [NONE],
        # Logging out by form leads on to the identity provider, which a browser counts as the form's target.
        "form-action": [SELF, *sorted({urlsplit(str(each["issuer"]))._replace(path="", query="").geturl() for each in OIDC.values()})],
    }
}  # fmt: skip
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


def session_key() -> str:
    """``SECRET_KEY``; with the embedded database one is made and kept (0600), a city gives its own."""
    given = os.environ.get("SECRET_KEY", "")
    file = HOME / "keys" / "session.key"
    if given or (not EMBEDDED and not file.exists()):
        return given
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            contextlib.suppress(FileExistsError),
            os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as made,
        ):
            made.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii")


SECRET_KEY = session_key()
# What must be seen by every process at once, as codes of a second factor that were used: in the database, not in one of them.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "access_cache"}}
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///qinzheng"))}

# Notices: where readers find the system, and its mail by smtp:// (STARTTLS), smtps:// (TLS) or smtp+plain:// (inside).
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
SMTP = urlsplit(os.environ.get("SMTP_URL", ""))
EMAIL_HOST, EMAIL_PORT = SMTP.hostname or "", SMTP.port or (465 if SMTP.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(SMTP.username or ""), unquote(SMTP.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = SMTP.scheme == "smtp", SMTP.scheme == "smtps", 20
MAIL_DOMAIN = urlsplit(PUBLIC_URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", f"qinzheng@{MAIL_DOMAIN}")

# Files of applicants (docs/how-to/files.md): sealed, in a folder of their own that nothing serves, or in s3://bucket/prefix.
FILES = os.environ.get("QINZHENG_FILES", "") or str(HOME / "files")
S3 = {
    "endpoint": os.environ.get("QINZHENG_S3_ENDPOINT", ""), "region": os.environ.get("QINZHENG_S3_REGION", "us-east-1"),
    "key": os.environ.get("QINZHENG_S3_KEY", ""), "secret": os.environ.get("QINZHENG_S3_SECRET", ""),
    "style": os.environ.get("QINZHENG_S3_STYLE", "path"),
}  # fmt: skip
CLAMD = os.environ.get("QINZHENG_CLAMD", "")
"""clamd, as host:port or the path of its socket; without one files are not scanned."""
FILE_UPLOAD_HANDLERS = ["qinzheng.web.uploads.Limited"]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "zh-hans"
CRYPTO = os.environ.get("CRYPTO", "std")  # "gm": SM2/SM3/SM4 instead of Ed25519/SHA-256/AES

# The key of all personal data, never in the database (ADR 0011): base64 of 32 bytes, or a file of mode 0600.
MASTER_KEY = os.environ.get("QINZHENG_MASTER_KEY", "")
MASTER_KEY_FILE = os.environ.get("QINZHENG_MASTER_KEY_FILE", "") or str(HOME / "keys" / "master.key")
# Only with the embedded database is a missing key file made; a city makes, keeps and backs up its own.
MASTER_KEY_MADE = EMBEDDED

# Signed checkpoints leave the database: a folder and a key that its administrators do not hold.
CHECKPOINTS = os.environ.get("QINZHENG_CHECKPOINTS", "") or str(HOME / "checkpoints")
CHECKPOINT_KEY = os.environ.get("QINZHENG_CHECKPOINT_KEY", "") or str(HOME / "keys" / "checkpoint.key")
LEDGER_ORIGIN = os.environ.get("QINZHENG_LEDGER_ORIGIN", "")
# Signs packets that are reported upward (ADR 0024): a key of its own, made where the embedded database has none.
UPWARD_KEY = os.environ.get("QINZHENG_UPWARD_KEY", "") or str(HOME / "keys" / "upward.key")

# Other systems that we call (webhooks, SMS, packets): the public network by https, and what is named here.
OUTGOING_ALLOW = os.environ.get("QINZHENG_OUTGOING_ALLOW", "")
"""Hosts, addresses or networks of the inner net, by comma; http:// before one allows plain text."""
OUTGOING_CA = os.environ.get("QINZHENG_OUTGOING_CA", "")
"""A PEM file with the authority of the city's own certificates, trusted beside the system's."""
OUTGOING_PROXY = os.environ.get("QINZHENG_OUTGOING_PROXY", "")

# SMS by a gateway (docs/how-to/text-messages.md); without one nothing is sent, in the demonstration it is shown.
SMS_GATEWAY = os.environ.get("QINZHENG_SMS_GATEWAY", "")
SMS_ACCOUNT = os.environ.get("QINZHENG_SMS_ACCOUNT", "")
SMS_SECRET = os.environ.get("QINZHENG_SMS_SECRET", "")
SMS_SIGNATURE = os.environ.get("QINZHENG_SMS_SIGNATURE", "清和政务")
SMS_LOGIN_TEMPLATE = os.environ.get("QINZHENG_SMS_LOGIN_TEMPLATE", "")
"""The template of login codes, with the arguments ``code`` and ``minutes``."""
SMS_RECEIPTS = os.environ.get("QINZHENG_SMS_RECEIPTS", "")
"""Where receipts are fetched, for a gateway that pushes none."""
SMS_RECEIPT_SECRET = os.environ.get("QINZHENG_SMS_RECEIPT_SECRET", "")
"""Signs the receipts that a gateway pushes to /sms/receipts/; without one there is no such address."""
QUIET_HOURS = os.environ.get("QINZHENG_QUIET_HOURS", "21:00-08:00")
QUIET_HOURS_REST = os.environ.get("QINZHENG_QUIET_HOURS_REST", "21:00-09:00")
"""When nobody is rung unless it is urgent: on working days, on days off (ours)."""
