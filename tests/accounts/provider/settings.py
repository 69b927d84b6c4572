"""Django's settings of the provider."""

import os

from tests.accounts.provider.keys import pem

SECRET_KEY = "a provider of the tests"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.accounts.provider.urls"
USE_TZ = True
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "at_the_provider", "csrf_at_the_provider"
LOGIN_URL = "/login/"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{os.environ['PROVIDER_FOLDER']}/provider.sqlite3",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM = "<!doctype html><title>provider</title><form method=post>{% csrf_token %}{{ form.as_p }}"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request"],
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {
                        "registration/login.html": f"{FORM}<button>in</button></form>",
                        "oauth2_provider/logout_confirm.html": f"{FORM}<button name=allow value=1>out</button></form>",
                    },
                )
            ],
        },
    }
]
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True, "OIDC_RSA_PRIVATE_KEY": pem(), "PKCE_REQUIRED": True, "OIDC_ISS_ENDPOINT": f"{os.environ['PROVIDER']}/o",
    "SCOPES": {"openid": "who", "profile": "more"}, "OAUTH2_VALIDATOR_CLASS": "tests.accounts.provider.validator.Validator",
    "OIDC_RP_INITIATED_LOGOUT_ENABLED": True, "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": True,
    "ALLOWED_SCHEMES": ["https", "http"], "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
}  # fmt: skip
