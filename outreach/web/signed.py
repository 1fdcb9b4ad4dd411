"""Signatures with the time in them that hold on every host, also where one whose clock is ahead made them."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

CLOCKS_APART = timedelta(hours=1)
"""How far in the future something may have been signed: hosts' clocks differ, and one may be put back."""


class PatientSigner(TimestampSigner):
    """As itsdangerous has it, but for what was made in the second to come, of which that takes nothing: whoever signed
    in at one host would be nobody at the next."""

    def unsign(self, signed_value: Any, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        value, made_at = super().unsign(signed_value, return_timestamp=True)
        if max_age is not None:
            age = self.get_timestamp() - int(made_at.timestamp())
            if not -CLOCKS_APART.total_seconds() <= age <= max_age:
                raise SignatureExpired(f"It was signed {age} seconds ago", payload=value, date_signed=made_at)
        return (value, made_at) if return_timestamp else value


class PatientSessions(SecureCookieSessionInterface):
    """Flask's cookie of a session, read so."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        found = super().get_signing_serializer(app)
        if found is not None:
            found.signer = PatientSigner
        return found


def init_app(app: Flask) -> None:
    app.session_interface = PatientSessions()


def serializer(salt: str) -> URLSafeTimedSerializer:
    """One of ours, for `salt` alone; what an older key signed is read too."""
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=salt, signer=PatientSigner)
