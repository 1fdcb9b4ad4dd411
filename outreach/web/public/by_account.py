"""Signing in by an account that a person has at their council: there, and back."""

import secrets
from datetime import datetime
from typing import Any

from flask import abort, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user

from outreach.asking import arriving
from outreach.asking.arriving import Arrived
from outreach.county import coordinators
from outreach.county.openid import attempts, tokens
from outreach.county.openid.line import ProviderDown
from outreach.county.openid.tokens import NotTrusted
from outreach.county.sign_in_providers import Provider
from outreach.ground import clock, whose
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post import links
from outreach.web import half_signed_in, letting_in, other_ways_in, typed_and_kept
from outreach.web.gate import SignedIn, open_to_all, public
from outreach.web.onward import go_in, onward
from outreach.web.way_in import network_of_request

_BROWSER = "at_provider"
"""Name, in the session, of what a browser that went to a provider holds."""
_BY = "council account"
"""What the history says of how they came in."""
_NOBODY_IN = (
    arriving.NotLetIn,
    attempts.AttemptOver,
    coordinators.CannotSignIn,
    tokens.GroupsNotTold,
    NotTrusted,
    ProviderDown,
)


@public.post("/sign-in/with/<name>")
@open_to_all
def sign_in_with(name: str) -> Any:
    """The way there: a page that leads on, since a browser follows no form to another host (form-action)."""
    provider, now = _provider(name), clock.now()
    where = request.args.get("next", "")
    try:
        there = tokens.published(provider, now=now)
    except (ProviderDown, NotTrusted) as refusal:
        return _refused(provider, refusal, where)
    browser = session.setdefault(_BROWSER, secrets.token_urlsafe(24))
    try:
        with transaction():
            state, nonce, verifier = attempts.begin(
                provider.name,
                browser=browser,
                onward=onward(where),
                kept=request.form.get("kept", "")[: typed_and_kept.AT_MOST],
                origin=network_of_request(),
                now=now,
            )
    except attempts.TooManyBegun as refusal:
        return _refused(provider, refusal, where)
    address = tokens.address_to_sign_in(
        provider, there, back=_back(provider), state=state, nonce=nonce, verifier=verifier
    )
    page = render_template("public/sign_in_elsewhere.html", address=address)
    return page, 200, {"Refresh": f"0; url={address}"}


@public.get("/sign-in/with/<name>/back")
@open_to_all
def sign_in_back(name: str) -> Any:
    """The way back: what comes with it is used up here, and the session begins, in a transaction of its own."""
    provider, now, where = _provider(name), clock.now(), ""
    if request.method == "HEAD":
        return redirect(url_for("public.sign_in"), 303)
    try:
        with transaction():
            back = attempts.take_back(
                provider.name,
                request.args.get("state", ""),
                browser=session.get(_BROWSER, ""),
                now=now,
            )
        where = back.onward
        account = tokens.account_by_code(
            provider,
            _code(provider),
            back=_back(provider),
            nonce=back.nonce,
            verifier=back.verifier,
            now=now,
        )
        whose.bind(provider.partnership_id)
        with transaction():
            arrived = arriving.arrive(provider, account, now=now)
            who = _begin(arrived, by_two_factors=account.by_two_factors, now=now)
        if arrived.person is None:
            raise arriving.NotLetIn(arrived.why_not)
    except _NOBODY_IN as refusal:
        return _refused(provider, refusal, where)
    if who is None:
        return redirect(url_for("public.sign_in_code", next=where), 303)
    letting_in.enter(who)
    return go_in(who.person_id, back.kept, where)


def _begin(arrived: Arrived, *, by_two_factors: bool, now: datetime) -> SignedIn | None:
    """Their session; None where nobody is in, or not until the code of their second factor, as after a password."""
    person = arrived.person
    if person is None:
        return None
    if arrived.asks_code:
        half_signed_in.begin(person.id, person.password_hash, by_link=False, by=_BY, now=now)
        return None
    return letting_in.begin(person, by_link=False, by=_BY, factor_at_provider=by_two_factors, now=now)


def _provider(name: str) -> Provider:
    """With no transaction left open: what follows waits on the provider."""
    found = {provider.name: provider for provider in other_ways_in.shown().providers}
    db.session.rollback()
    return found.get(name) or abort(404)


def _back(provider: Provider) -> str:
    """The address that is registered there: of the settings, never of what was asked for."""
    return links.back_from_provider_page(current_app.config["PUBLIC_URL"], provider.name)


def _code(provider: Provider) -> str:
    """What it is redeemed by. Raises NotLetIn where they did not sign in there, NotTrusted."""
    issuer = request.args.get("iss")
    there = tokens.published(provider, now=clock.now())
    if (issuer is not None or there.names_itself) and issuer != provider.issuer:
        raise NotTrusted("the answer is of another issuer")
    if "error" in request.args:
        raise arriving.NotLetIn(
            "You did not finish signing in at your council, or it does not let you in here. Sign in once more; if it "
            "happens again, ask whoever looks after its accounts."
        )
    return request.args.get("code") or _missing()


def _missing() -> str:
    raise NotTrusted("the answer has no code")


def _refused(provider: Provider, refusal: Refusal, where: str) -> Any:
    """Why nobody is signed in, in words; what whoever runs the service is to know stands in the log, without anything
    that was sent."""
    why = getattr(refusal, "why", "")
    current_app.logger.warning("sign-in by %s: %s", provider.name, why or type(refusal).__name__)
    if isinstance(refusal, ProviderDown):
        return (*other_ways_in.refused(refusal, 503, where), {"Retry-After": "120"})
    if isinstance(refusal, attempts.TooManyBegun):
        return (*other_ways_in.refused(refusal, 429, where), {"Retry-After": str(attempts.LASTS.seconds)})
    if current_user.is_authenticated and isinstance(refusal, attempts.AttemptOver):
        return redirect(url_for("coordinator.desk"), 303)
    return other_ways_in.refused(refusal, 403, where)
