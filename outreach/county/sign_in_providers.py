"""Sign-in providers of partnerships, as the setting SIGN_IN_PROVIDERS names them (docs/sign-in.md)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from outreach.county import roles
from outreach.ground import secret_settings, the_app
from outreach.ground.errors import ConfigError

BUTTON = "Sign in with your council account"

CLIENT_AUTHS = ("client_secret_post", "client_secret_basic")
BY_GROUPS = tuple(role for role in roles.NAMES if role != roles.COMPANY)
"""Roles that a group can give: none says to which company somebody belongs."""
HERE = ("localhost", "127.0.0.1", "::1")
"""Hosts that may be asked without encryption: nothing leaves the machine."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One way in of one partnership.

    `claims`: under which names its tokens tell 'email', 'email_verified', 'name' and 'groups'. `domains`: of which
    addresses it may say that they are somebody's here. `trust_email`: each of its addresses in them is its owner's,
    though it says so of none. `roles`: group -> role; empty where roles are given by hand. `only`: its partnership's
    people come in no other way. `adds`: who has one of those groups is added when they first come. `second_factor`: the
    words of its `amr` (RFC 8176) or `acr` by which it says that it asked for one. `client_auth`: '' for the one that it
    takes. `published`: what it published of itself, by address, and when it was asked; it stands
    with the app, like the provider.
    """

    name: str
    partnership_id: int
    button: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    client_auth: str
    scopes: str
    claims: Mapping[str, str]
    domains: tuple[str, ...]
    trust_email: bool
    roles: Mapping[str, str]
    only: bool
    adds: bool
    second_factor: tuple[str, ...] = ()
    published: dict[str, tuple[dict[str, Any], datetime]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def takes(self, email: str) -> bool:
        """Whether an address is in one of its domains."""
        return email.rpartition("@")[2] in self.domains

    def role_of(self, groups: tuple[str, ...]) -> str | None:
        """The role that may most of those that some groups give."""
        given = {self.roles[group] for group in groups if group in self.roles}
        return next((role for role in roles.NAMES if role in given), None)


def all_of_them() -> Mapping[str, Provider]:
    """The providers of this service, by their name in addresses."""
    found: Mapping[str, Provider] = the_app.settings()["SIGN_IN_PROVIDERS"]
    return found


def only_one_of(partnership_id: int) -> Provider | None:
    """The provider by which alone a partnership's people come in, if it has one."""
    return next((p for p in all_of_them().values() if p.only and p.partnership_id == partnership_id), None)


def read(text: str) -> dict[str, Provider]:
    """The providers that a TOML text names. Raises ConfigError in words; none of them repeats a secret."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"SIGN_IN_PROVIDERS is no TOML: {error}.") from None
    if set(told) - {"provider"} or not isinstance(told.get("provider", []), list):
        raise ConfigError("SIGN_IN_PROVIDERS holds something else than [[provider]] tables.")
    found: dict[str, Provider] = {}
    for row in told.get("provider", []):
        provider = _provider(_Row(row))
        if provider.name in found:
            raise ConfigError(
                f"SIGN_IN_PROVIDERS names '{provider.name}' twice. Give each a name of its own."
            )
        if provider.button in {other.button for other in found.values()}:
            raise ConfigError(
                f"SIGN_IN_PROVIDERS has two buttons that say '{provider.button}'. Set `button` of each, so that people "
                "see which is theirs."
            )
        found[provider.name] = provider
    return found


class _Row:
    """One table of the setting, of which each value is taken once by its kind; what is left over is a slip."""

    def __init__(self, row: Any) -> None:
        if not isinstance(row, dict):
            raise ConfigError("SIGN_IN_PROVIDERS holds something else than [[provider]] tables.")
        self._left = dict(row)
        self.name = str(row.get("name", ""))

    def wrong(self, key: str, asked: str) -> ConfigError:
        return ConfigError(f"SIGN_IN_PROVIDERS, provider '{self.name}': `{key}` {asked}.")

    def _take(self, key: str, kind: type, default: Any, asked: str) -> Any:
        value = self._left.pop(key, default)
        if type(value) is not kind:
            raise self.wrong(key, asked)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value: str = self._take(key, str, default, "is missing, or no text").strip()
        if not value and default is None:
            raise self.wrong(key, "is empty")
        return value

    def number(self, key: str) -> int:
        value: int = self._take(key, int, None, "is missing, or no number: `flask sign-in check` lists them")
        return value

    def yes(self, key: str) -> bool:
        value: bool = self._take(key, bool, False, "is true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._take(key, list, [], 'is a list of texts, as ["one", "two"]')
        if any(not isinstance(value, str) or not value for value in values):
            raise self.wrong(key, 'is a list of texts, as ["one", "two"]')
        return tuple(values)

    def table(self, key: str) -> dict[str, str]:
        values: dict[str, str] = self._take(key, dict, {}, "is a table of texts")
        if any(not isinstance(value, str) or not value for value in values.values()):
            raise self.wrong(key, "is a table of texts")
        return values

    def ends(self) -> None:
        for key in self._left:
            raise self.wrong(key, "is nothing that a provider has: look for a slip of the pen")


def _provider(row: _Row) -> Provider:
    name = row.text("name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise row.wrong("name", "is up to 31 small letters, figures and hyphens: it stands in an address")
    found = Provider(
        name=name,
        partnership_id=row.number("partnership"),
        button=row.text("button", BUTTON),
        issuer=_issuer(row),
        client_id=row.text("client_id"),
        client_secret=_secret(row),
        client_auth=row.text("client_auth", ""),
        scopes=row.text("scopes", "openid email profile"),
        claims=_claims(row),
        domains=tuple(domain.strip().lower().removeprefix("@") for domain in row.texts("domains")),
        trust_email=row.yes("trust_email"),
        roles=row.table("groups"),
        only=row.yes("only"),
        adds=row.yes("adds"),
        second_factor=row.texts("second_factor"),
    )
    row.ends()
    _check(row, found)
    return found


def _check(row: _Row, found: Provider) -> None:
    if found.client_auth not in ("", *CLIENT_AUTHS):
        raise row.wrong("client_auth", f"is {' or '.join(CLIENT_AUTHS)}")
    if "openid" not in found.scopes.split():
        raise row.wrong("scopes", "lacks the word openid")
    for group, role in found.roles.items():
        if role not in BY_GROUPS:
            raise row.wrong("groups", f"gives '{group}' the role '{role}'. There are {', '.join(BY_GROUPS)}")
    if found.trust_email and not found.domains:
        raise row.wrong("trust_email", "needs `domains`: of which addresses it may be believed")
    if found.adds and not (found.domains and found.roles):
        raise row.wrong("adds", "needs `domains` and `groups`: whom to add, and as what")


def _claims(row: _Row) -> Mapping[str, str]:
    usual = {"email": "email", "email_verified": "email_verified", "name": "name", "groups": "groups"}
    told = row.table("claims")
    for key in set(told) - set(usual):
        raise row.wrong("claims", f"has '{key}'. There are {', '.join(usual)}")
    return usual | told


def _issuer(row: _Row) -> str:
    issuer = row.text("issuer")
    if not is_safe(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise row.wrong("issuer", "is an address with https, as its discovery document writes it")
    return issuer


def is_safe(address: str) -> bool:
    """Whether what is sent to an address is encrypted, or stays on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in HERE)


def _secret(row: _Row) -> str:
    env = {
        "client_secret": row.text("client_secret", ""),
        "client_secret_FILE": row.text("client_secret_file", ""),
    }
    try:
        secret = secret_settings.read(env, "client_secret")
    except ConfigError as error:
        raise ConfigError(f"SIGN_IN_PROVIDERS, provider '{row.name}': {error}") from None
    if not secret:
        raise row.wrong("client_secret_file", "is missing: the file that holds the client secret")
    if secret_settings.SAMPLES.fullmatch(secret):
        raise row.wrong("client_secret", "is a sample out of a recipe")
    return secret
