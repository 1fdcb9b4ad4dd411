"""The only reader of the environment: every setting of the service, with its default and its check."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from outreach.ground import log_lines, secret_settings
from outreach.ground.errors import ConfigError as ConfigError
from outreach.ground.secret_settings import DEVELOPMENT_KEY as DEVELOPMENT_KEY

LONGEST_KEPT = 1200
"""Months or days."""

ENGINE: Mapping[str, object] = {"hide_parameters": True, "pool_timeout": 10}
"""What people typed stands in no log; who finds no connection free waits as long as for a silent database."""

STANDBY = "standby"
"""By which the engine of DATABASE_READ_URL is known."""


def read(environ: Mapping[str, str] | None = None) -> dict[str, object]:
    """The Flask configuration from the environment; docs/settings.md lists each name.

    Raises ConfigError in words when a production setting is missing, or a secret of one is easy to guess: production is
    where PUBLIC_URL is https.
    """
    env = os.environ if environ is None else environ
    folder = Path(env.get("OUTREACH_FOLDER", "instance")).absolute()
    public_url = env.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", public_url):
        raise ConfigError(
            f"PUBLIC_URL is '{public_url}'. Set it to an address like https://outreach.example."
        )
    secure = public_url.startswith("https://")
    found: dict[str, object] = {
        "SECRET_KEY": secret_settings.read(env, "SECRET_KEY") or DEVELOPMENT_KEY,
        "SECRET_KEY_FALLBACKS": secret_settings.keys(secret_settings.read(env, "SECRET_KEY_FALLBACKS")),
        "HISTORY_KEY": secret_settings.read(env, "HISTORY_KEY"),
        "HISTORY_KEY_FALLBACKS": secret_settings.keys(secret_settings.read(env, "HISTORY_KEY_FALLBACKS")),
        "SQLALCHEMY_DATABASE_URI": database_url(
            secret_settings.read(env, "DATABASE_URL", "sqlite:///" + str(folder / "outreach.sqlite"))
        ),
        "OWNER_DATABASE_URL": database_url(secret_settings.read(env, "OWNER_DATABASE_URL")),
        "DATABASE_READ_URL": database_url(secret_settings.read(env, "DATABASE_READ_URL")),
        "SQLALCHEMY_ENGINE_OPTIONS": dict(ENGINE),
        "PUBLIC_URL": public_url,
        "TRUSTED_HOSTS": _hosts(env, public_url) or None,
        "HSTS_SUBDOMAINS": _yes(env, "HSTS_SUBDOMAINS"),
        "SESSION_COOKIE_NAME": "__Host-outreach" if secure else "outreach",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": _whole(env, "SESSION_HOURS", 12, at_least=1) * 3600,
        "SESSION_IDLE_SECONDS": _whole(env, "SESSION_IDLE_MINUTES", 30, at_least=10) * 60,
        "MAX_CONTENT_LENGTH": _whole(env, "UPLOAD_MEGABYTES", 100) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "SMTP_URL": secret_settings.read(env, "SMTP_URL"),
        "SMTP_TOKEN_FILE": env.get("SMTP_TOKEN_FILE", ""),
        "MAIL_FOLDER": str(Path(env.get("MAIL_FOLDER", str(folder / "mail"))).absolute()),
        "MAIL_DOMAIN": env.get("MAIL_DOMAIN", "outreach.example"),
        "MAIL_SENDER": env.get("MAIL_SENDER", "bookings"),
        "MAIL_ATTACH_INVITE": _yes(env, "MAIL_ATTACH_INVITE"),
        "MAIL_AUTHSERV_ID": env.get("MAIL_AUTHSERV_ID", "").strip(),
        "IMAP_URL": secret_settings.read(env, "IMAP_URL"),
        "IMAP_TOKEN_FILE": env.get("IMAP_TOKEN_FILE", ""),
        "IMAP_DONE_FOLDER": env.get("IMAP_DONE_FOLDER", "") or "Outreach",
        "IMAP_UNREADABLE_FOLDER": env.get("IMAP_UNREADABLE_FOLDER", "") or "Outreach unreadable",
        "QUEUE_MINUTES": _whole(env, "QUEUE_MINUTES", 30),
        "LETTERS_MONTHS": _at_least_one(env, "LETTERS_MONTHS", 12),
        "REPLIES_DAYS": _at_least_one(env, "REPLIES_DAYS", 90),
        "SIGN_IN_PROVIDERS": secret_settings.read(env, "SIGN_IN_PROVIDERS"),  # read by create_app
        "METRICS_TOKEN": _token(env, "METRICS_TOKEN"),
        "OUTREACH_LOG": _one_of(env, "OUTREACH_LOG", (log_lines.PLAIN, log_lines.JSON)),
        "PROMETHEUS_MULTIPROC_DIR": env.get("PROMETHEUS_MULTIPROC_DIR", ""),
        "SLOW_STATEMENT_MS": _whole(env, "SLOW_STATEMENT_MS", 1000),
        "ROUTER_URL": _router(env),
        "ROUTER_KIND": _one_of(env, "ROUTER_KIND", ("osrm", "valhalla")),
        "ROUTER_OWN": _yes(env, "ROUTER_OWN"),
        "ROUTER_A_DAY": _whole(env, "ROUTER_A_DAY", 500),
        "OUTREACH_FOLDER": str(folder),
        "BACKUP_FOLDER": env.get("BACKUP_FOLDER", "").strip(),
        "BACKUP_HOURS": _whole(env, "BACKUP_HOURS", 26),
        "BACKUP_VERIFY_DAYS": _whole(env, "BACKUP_VERIFY_DAYS", 35),
        "BACKUP_RECIPIENTS": _recipients(env),
        "ERASURES_FILE": env.get("ERASURES_FILE", "").strip(),
        "POSTGRES_PROGRAMS": env.get("POSTGRES_PROGRAMS", "").strip(),
        "BEHIND_PROXIES": _whole(env, "BEHIND_PROXIES", 0),
    }
    if to_read := found["DATABASE_READ_URL"]:
        for url in (to_read, found["SQLALCHEMY_DATABASE_URI"]):
            if not str(url).startswith("postgresql"):
                raise ConfigError(
                    "DATABASE_READ_URL is for a standby of PostgreSQL. Leave it out, or set it and DATABASE_URL to "
                    "addresses like postgresql://user:password@host/name."
                )
        found["SQLALCHEMY_BINDS"] = {STANDBY: {"url": to_read, **ENGINE}}
    if secure and (weak := secret_settings.weaknesses(found)):
        raise ConfigError(weak[0])
    return found


def _whole(env: Mapping[str, str], name: str, default: int, *, at_least: int = 0) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal():
        raise ConfigError(f"{name} is '{text}'. Set it to a whole number.")
    if int(text) < at_least:
        raise ConfigError(f"{name} is '{text}'. Set it to {at_least} or more.")
    return int(text)


def _at_least_one(env: Mapping[str, str], name: str, default: int) -> int:
    if not 1 <= (many := _whole(env, name, default)) <= LONGEST_KEPT:
        raise ConfigError(f"{name} is {many}. Set it to a whole number from 1 to {LONGEST_KEPT}.")
    return many


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
    text = secret_settings.read(env, name)
    if weak := secret_settings.weak_token(text):
        raise ConfigError(f"{name} {weak}")
    return text


def _recipients(env: Mapping[str, str]) -> list[str]:
    """Public keys of age or SSH, one a line or with commas between them. What they are worth is tried by who seals."""
    keys = secret_settings.keys(secret_settings.read(env, "BACKUP_RECIPIENTS"))
    for key in keys:
        if not re.match(r"age1|ssh-", key):
            raise ConfigError(
                "BACKUP_RECIPIENTS holds something else than public keys (age1…, ssh-…). A private key stands on "
                "another machine, where backups are opened."
            )
    return keys


def _hosts(env: Mapping[str, str], public_url: str) -> list[str]:
    """Hosts that a request may ask for: where none is named, that of a public address with https; else any."""
    hosts = [h.strip().lower() for h in env.get("TRUSTED_HOSTS", "").split(",") if h.strip()]
    ours = urlsplit(public_url).hostname or ""
    if not hosts:
        return [ours] if public_url.startswith("https://") else []
    for host in hosts:
        if not re.fullmatch(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", host):
            raise ConfigError(
                f"TRUSTED_HOSTS holds '{host}'. Set it to names of hosts alone, such as outreach.example."
            )
    if not any(ours == h.strip("[]") or (h.startswith(".") and (f".{ours}").endswith(h)) for h in hosts):
        raise ConfigError(
            f"TRUSTED_HOSTS leaves out {ours}, the host of PUBLIC_URL: no link in a letter would open."
        )
    return hosts


def database_url(url: str) -> str:
    """'postgres://' and 'postgresql://' mean psycopg 3, as every hoster writes them; several hosts may stand in it."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return _of_several_hosts("postgresql+psycopg://" + url[len(prefix) :])
    return url


_SEVERAL = re.compile(r"([^/]*//(?:[^/?#@]*@)?)([^/?#@]*,[^/?#@]*)(/[^?#]*)?(?:\?([^#]*))?")


def _of_several_hosts(url: str) -> str:
    """As libpq writes them, 'one:5432,other:5432', in the way that SQLAlchemy knows."""
    found = _SEVERAL.fullmatch(url)
    if found is None:
        return url
    start, hosts, name, more = found.groups()
    each = [f"host={host if ':' in host else f'{host}:5432'}" for host in hosts.split(",")]
    return f"{start}{name or '/'}?{'&'.join([*each, *filter(None, [more])])}"
