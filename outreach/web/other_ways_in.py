"""Ways in beside address and password: the providers by which people of a partnership come."""

from dataclasses import dataclass

from flask import render_template
from sqlalchemy import select

from outreach.county import passkeys, sign_in_providers
from outreach.county.partnerships import Partnership
from outreach.county.sign_in_providers import Provider
from outreach.ground.db import db
from outreach.ground.errors import Refusal


@dataclass(frozen=True, kw_only=True)
class Ways:
    """`password`: somebody here may come in by one; `passkey`: and, instead of it, by a passkey."""

    providers: tuple[Provider, ...]
    password: bool
    passkey: bool


def shown() -> Ways:
    """The providers of the partnerships that are here. No query where none is set."""
    every = sign_in_providers.all_of_them().values()
    if not every:
        return Ways(providers=(), password=True, passkey=passkeys.possible())
    here = set(db.session.scalars(select(Partnership.id)))
    password = bool(here - {provider.partnership_id for provider in every if provider.only})
    return Ways(
        providers=tuple(provider for provider in every if provider.partnership_id in here),
        password=password,
        passkey=password and passkeys.possible(),
    )


def refused(refusal: Refusal, status: int, back: str = "") -> tuple[str, int]:
    """Why nobody is signed in, and the way to try once more."""
    return render_template("public/not_signed_in.html", why=refusal.message, back=back or None), status
