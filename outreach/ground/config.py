"""The only reader of the environment: every setting of the service, with its default and its check."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

DEVELOPMENT_KEY = "development only: set SECRET_KEY"


class ConfigError(Exception):
    """A setting is missing or makes no sense; its text says which and what to do."""


def read(environ: Mapping[str, str] | None = None) -> dict[str, object]:
    """The Flask configuration from the environment; docs/settings.md lists each name.

    Raises ConfigError in words when a production setting is missing.
    """
    env = os.environ if environ is None else environ
    folder = Path(env.get("OUTREACH_FOLDER", "instance")).absolute()
    public_url = env.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", public_url):
        raise ConfigError(
            f"PUBLIC_URL is '{public_url}'. Set it to an address like https://outreach.example."
        )
    secure = public_url.startswith("https://")
    secret = env.get("SECRET_KEY", "") or DEVELOPMENT_KEY
    if secure and secret == DEVELOPMENT_KEY:
        raise ConfigError("SECRET_KEY is not set. Set it to 32 or more random characters.")
    if secure and len(secret) < 32:
        raise ConfigError(f"SECRET_KEY has {len(secret)} characters. Set it to 32 or more random ones.")
    hosts = [h.strip() for h in env.get("TRUSTED_HOSTS", "").split(",") if h.strip()]
    return {
        "SECRET_KEY": secret,
        "SECRET_KEY_FALLBACKS": [k for k in env.get("SECRET_KEY_FALLBACKS", "").split(",") if k],
        "SQLALCHEMY_DATABASE_URI": database_url(
            env.get("DATABASE_URL", "sqlite:///" + str(folder / "outreach.sqlite"))
        ),
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},  # what people typed stands in no log
        "PUBLIC_URL": public_url,
        "TRUSTED_HOSTS": hosts or None,
        "SESSION_COOKIE_NAME": "__Host-outreach" if secure else "outreach",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": _whole(env, "SESSION_HOURS", 12) * 3600,
        "MAX_CONTENT_LENGTH": _whole(env, "UPLOAD_MEGABYTES", 100) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "SMTP_URL": env.get("SMTP_URL", ""),
        "SMTP_TOKEN_FILE": env.get("SMTP_TOKEN_FILE", ""),
        "MAIL_FOLDER": str(Path(env.get("MAIL_FOLDER", str(folder / "mail"))).absolute()),
        "MAIL_DOMAIN": env.get("MAIL_DOMAIN", "outreach.example"),
        "MAIL_SENDER": env.get("MAIL_SENDER", "bookings"),
        "MAIL_ATTACH_INVITE": _yes(env, "MAIL_ATTACH_INVITE"),
        "MAIL_AUTHSERV_ID": env.get("MAIL_AUTHSERV_ID", "").strip(),
        "IMAP_URL": env.get("IMAP_URL", ""),
        "IMAP_TOKEN_FILE": env.get("IMAP_TOKEN_FILE", ""),
        "IMAP_DONE_FOLDER": env.get("IMAP_DONE_FOLDER", "") or "Outreach",
        "IMAP_UNREADABLE_FOLDER": env.get("IMAP_UNREADABLE_FOLDER", "") or "Outreach unreadable",
        "QUEUE_MINUTES": _whole(env, "QUEUE_MINUTES", 30),
        "METRICS_TOKEN": _token(env, "METRICS_TOKEN"),
        "ROUTER_URL": _router(env),
        "ROUTER_KIND": _one_of(env, "ROUTER_KIND", ("osrm", "valhalla")),
        "ROUTER_OWN": _yes(env, "ROUTER_OWN"),
        "ROUTER_A_DAY": _whole(env, "ROUTER_A_DAY", 500),
        "OUTREACH_FOLDER": str(folder),
        "BEHIND_PROXIES": _whole(env, "BEHIND_PROXIES", 0),
    }


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ConfigError(f"{name} is '{text}'. Set it to a whole number.")
    return int(text)


def _yes(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "").strip().casefold()
    if text not in ("", "yes", "no"):
        raise ConfigError(f"{name} is '{text}'. Set it to yes or no.")
    return text == "yes"


def _one_of(env: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """One of some words, the first where nothing is set."""
    text = env.get(name, "").strip().casefold() or words[0]
    if text not in words:
        raise ConfigError(f"{name} is '{text}'. Set it to {' or '.join(words)}.")
    return text


def _router(env: Mapping[str, str]) -> str:
    text = env.get("ROUTER_URL", "").strip().rstrip("/")
    if text and not re.fullmatch(r"https?://[^/\s?#@]+(/[^\s?#@]*)?", text):
        raise ConfigError(
            "ROUTER_URL is no address of a router. Set it to one like https://osrm.council.example, without a "
            "password and without what its kind adds ('/table/v1/…' or '/sources_to_targets')."
        )
    return text


def _token(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    if text and (len(text) < 20 or not text.isascii() or " " in text):
        raise ConfigError(f"{name} is too easy to guess. Set it to 20 or more random letters and figures.")
    return text


def database_url(url: str) -> str:
    """'postgres://' and 'postgresql://' mean psycopg 3, as every hoster writes them."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url
