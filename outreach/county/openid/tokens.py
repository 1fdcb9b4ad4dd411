"""Answers of a sign-in provider: where it is asked, and who it says has signed in, held to the standard by Authlib.

OpenID Connect Core 1.0 (3.1: the code flow) and Discovery 1.0, with PKCE (RFC 7636, S256) and the issuer in the answer
(RFC 9207). Nobody is believed by an access token; it asks the provider itself alone, and is kept nowhere.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from outreach.county.openid import line
from outreach.county.openid.line import ProviderDown
from outreach.county.sign_in_providers import CLIENT_AUTHS, Provider, is_safe
from outreach.ground.errors import Refusal

KEPT_FOR = timedelta(hours=1)
"""How long what a provider publishes of itself is taken as it was."""
ASKED_ANEW_AFTER = timedelta(minutes=1)
"""A key that is not among them is looked for anew, so often at most: whoever makes keys up asks nothing of it."""
CLOCKS_APART = timedelta(minutes=1)

SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that the provider alone has; a token without, or by a shared secret, is never taken."""


class NotTrusted(Refusal):
    """What came back is not what the standard asks; `why` is for who runs the service, and holds no secret."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "What came back from the sign-in of your council could not be trusted. Sign in once more. If it happens "
            "again, tell whoever runs this service."
        )
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a provider publishes of itself."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    client_auths: tuple[str, ...]
    signed_by: tuple[str, ...]
    names_itself: bool


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody who has signed in there. `email` is '' and `groups` None where none are asked for;
    `email_is_theirs`: it says that it has seen to that; `by_two_factors`: that it asked for a second factor."""

    subject: str
    email: str
    email_is_theirs: bool
    name: str
    groups: tuple[str, ...] | None
    by_two_factors: bool = False


class GroupsNotTold(Refusal):
    """Too many groups to be told in a token, so that nobody knows which."""


def published(provider: Provider, *, now: datetime) -> Published:
    """Where a provider is asked. Raises ProviderDown, NotTrusted where it says that it is another."""
    told = _kept_or_asked(
        provider, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", now=now
    )
    if told.get("issuer") != provider.issuer:
        provider.published.clear()
        raise NotTrusted(f"the discovery document is of another issuer: {str(told.get('issuer'))[:200]}")
    found = Published(
        authorization_endpoint=_address(told, "authorization_endpoint"),
        token_endpoint=_address(told, "token_endpoint"),
        userinfo_endpoint=str(told.get("userinfo_endpoint") or ""),
        jwks_uri=_address(told, "jwks_uri"),
        client_auths=_words(told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])),
        signed_by=tuple(
            alg
            for alg in _words(told.get("id_token_signing_alg_values_supported", ["RS256"]))
            if alg in SIGNED_BY
        ),
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )
    if not found.signed_by:
        raise NotTrusted("it signs its tokens in no way that is taken")
    return found


def keys(provider: Provider, *, now: datetime) -> Any:
    """The keys that it signs with now, a JSON Web Key Set. Raises ProviderDown, NotTrusted."""
    return _keys_of(provider, published(provider, now=now), now=now)


def address_to_sign_in(
    provider: Provider, there: Published, *, back: str, state: str, nonce: str, verifier: str
) -> str:
    """Where a browser goes to sign in, and from there `back`."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return str(
        prepare_grant_uri(
            there.authorization_endpoint,
            client_id=provider.client_id,
            response_type="code",
            redirect_uri=back,
            scope=provider.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
    )


def account_by_code(
    provider: Provider, code: str, *, back: str, nonce: str, verifier: str, now: datetime
) -> Account:
    """Who signed in, by the code that the browser brought. Raises ProviderDown, NotTrusted, GroupsNotTold."""
    there = published(provider, now=now)
    token = _redeem(provider, there, code, back=back, verifier=verifier)
    claims = _held_to_the_standard(provider, there, token, nonce=nonce, now=now)
    return _account(provider, _with_user_info(provider, there, claims, token))


def _redeem(provider: Provider, there: Published, code: str, *, back: str, verifier: str) -> dict[str, Any]:
    from authlib.oauth2.auth import ClientAuth
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    client = ClientAuth(provider.client_id, provider.client_secret, _client_auth(provider, there))
    body = prepare_token_request("authorization_code", code=code, redirect_uri=back, code_verifier=verifier)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    address, headers, body = client.prepare("POST", there.token_endpoint, headers, body)
    try:
        return line.ask(address, body=body, headers=headers)
    except line.SaidNo as no:
        if no.code in ("invalid_client", "unauthorized_client"):
            raise ProviderDown(f"it takes our client or its secret no more ({no.code})") from None
        raise NotTrusted(f"it took the code or its verifier amiss ({no})") from None


def _client_auth(provider: Provider, there: Published) -> str:
    """In the form's body where it takes that: a secret with any signs comes through."""
    return provider.client_auth or next(
        (way for way in CLIENT_AUTHS if way in there.client_auths), "client_secret_basic"
    )


def _held_to_the_standard(
    provider: Provider, there: Published, token: dict[str, Any], *, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of the ID token (Core 3.1.3.7): signature, issuer, audience, times, nonce, hash of the access token.
    Its times are held against the machine's own clock."""
    from authlib.oidc.core import CodeIDToken
    from joserfc.errors import JoseError

    told = token.get("id_token")
    if not isinstance(told, str):
        raise NotTrusted("there is no ID token")
    try:
        decoded = _decoded(provider, there, told, now=now)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
                "sub": {"essential": True},
            },
            {
                "nonce": nonce,
                "client_id": provider.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=int(CLOCKS_APART.total_seconds()))
    except (JoseError, ValueError, TypeError, KeyError) as wrong:
        raise NotTrusted(f"the ID token is wrong ({type(wrong).__name__}: {str(wrong)[:200]})") from None
    return dict(claims)


def _decoded(provider: Provider, there: Published, told: str, *, now: datetime) -> Any:
    """A key that is not known is looked for anew: providers change them."""
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=there.signed_by, strict_check_header=False)
    try:
        return jwt.decode(told, KeySet.import_key_set(_keys_of(provider, there, now=now)), registry=registry)
    except InvalidKeyIdError:
        anew = KeySet.import_key_set(_keys_of(provider, there, now=now, older_than=ASKED_ANEW_AFTER))
        return jwt.decode(told, anew, registry=registry)


def _keys_of(provider: Provider, there: Published, *, now: datetime, older_than: timedelta = KEPT_FOR) -> Any:
    told = _kept_or_asked(provider, there.jwks_uri, now=now, older_than=older_than)
    if not isinstance(told.get("keys"), list):
        raise ProviderDown("it publishes no keys")
    return told


def _kept_or_asked(
    provider: Provider, address: str, *, now: datetime, older_than: timedelta = KEPT_FOR
) -> dict[str, Any]:
    kept = provider.published.get(address)
    if kept is not None and kept[1] <= now < kept[1] + older_than:
        return kept[0]
    told = _ask(address)
    provider.published[address] = told, now
    return told


def _with_user_info(
    provider: Provider, there: Published, claims: dict[str, Any], token: dict[str, Any]
) -> dict[str, Any]:
    """Some tell in the token who it is, and the rest where they are asked with it (Core 5.3)."""
    wanted = ["email", *(["groups"] if provider.roles else [])]
    access = token.get("access_token")
    if all(_told(claims, provider.claims[key]) is not None for key in wanted):
        return claims
    if not there.userinfo_endpoint or not isinstance(access, str):
        return claims
    more = _ask(there.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"})
    if not hmac.compare_digest(str(more.get("sub")).encode(), str(claims["sub"]).encode()):
        raise NotTrusted("the user information is of somebody else")
    return more | claims


def _account(provider: Provider, claims: Mapping[str, Any]) -> Account:
    email = _told(claims, provider.claims["email"])
    name = _told(claims, provider.claims["name"])
    email = email.strip() if isinstance(email, str) else ""
    subject = str(claims["sub"])
    if not subject.isprintable():
        raise NotTrusted("its subject has control characters")
    seen_to = _told(claims, provider.claims["email_verified"])
    return Account(
        subject=subject,
        # Before it is folded: of signs beyond ASCII some become others of it (U+212A a k), and so another's address.
        email=email.lower() if email.isascii() and email.isprintable() else "",
        email_is_theirs=_is_yes(seen_to) or (seen_to is None and provider.trust_email),
        name=" ".join(_printable(name).split())[:100] if isinstance(name, str) else "",
        groups=_groups(provider, claims),
        by_two_factors=not {*_words(claims.get("amr")), *_words(claims.get("acr"))}.isdisjoint(
            provider.second_factor
        ),
    )


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _groups(provider: Provider, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A provider that leaves the claim out says so of who is in none. Entra leaves it out too where they are too many,
    and says that."""
    if not provider.roles:
        return None
    key = provider.claims["groups"]
    told = _told(claims, key)
    elsewhere = claims.get("_claim_names")
    if (isinstance(elsewhere, dict) and key in elsewhere) or _is_yes(claims.get("hasgroups")):
        raise GroupsNotTold(
            "You are in so many groups of your council that it does not tell which, and they say what you may do here. "
            "Tell whoever runs this service."
        )
    return _words(told)


def _told(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the names on the way to it: 'realm_access.roles'."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _is_yes(told: Any) -> bool:
    """Some write it as text or as a figure."""
    return told is True or told in ("true", "1") or (type(told) is int and told == 1)


def _words(told: Any) -> tuple[str, ...]:
    if isinstance(told, str):
        return (told,)
    if not isinstance(told, Sequence):
        return ()
    return tuple(one for one in told if isinstance(one, str))


def _address(told: Mapping[str, Any], key: str) -> str:
    found = told.get(key)
    if not isinstance(found, str) or not is_safe(found):
        raise NotTrusted(f"the discovery document has no {key} with https")
    return found


def _ask(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        return line.ask(address, headers=headers)
    except line.SaidNo as no:
        raise ProviderDown(f"it answers {no} at {address[:200]}") from None
