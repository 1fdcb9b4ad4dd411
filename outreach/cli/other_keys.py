"""Secrets that another SECRET_KEY sealed in the database at hand: said after a restore and by flask check."""

from collections.abc import Iterator

from sqlalchemy import select

from outreach.county import second_factors
from outreach.county.second_factors import SecondFactor
from outreach.ground import sealed, secret_settings, whose
from outreach.ground.db import db
from outreach.ground.the_app import settings
from outreach.ground.wording import count
from outreach.post.outgoing.duty import Postman
from outreach.post.webhooks import subscriptions
from outreach.post.webhooks.subscriptions import WebhookSecret

REMEDY = "Name the key that made them in SECRET_KEY_FALLBACKS"


def of_last_sender() -> str:
    """A sentence; '' where the last who sent letters signed by a key of ours."""
    last = db.session.scalar(select(Postman).order_by(Postman.seen_at.desc(), Postman.id.desc()).limit(1))
    keys = (settings()["SECRET_KEY"], *settings()["SECRET_KEY_FALLBACKS"])
    if last is None or last.key_mark in ("", *map(secret_settings.mark, keys)):
        return ""
    return (
        "The last who sent letters had another SECRET_KEY: addresses of subscribed calendars and links of troupes that "
        f"it made lead nowhere. {REMEDY}."
    )


def of_secrets() -> Iterator[str]:
    """Sentences; none where all opens."""
    each = whose.of_each(_lost)
    webhooks, apps = sum(one for one, _ in each), sum(two for _, two in each)
    if webhooks:
        yield f"{count(webhooks, 'secret')} of webhooks cannot be opened. {REMEDY}, or make them anew (Webhooks)."
    if apps:
        yield (
            f"{count(apps, 'sign-in code')} by an app cannot be asked: their secrets cannot be opened. {REMEDY}, or "
            "reset them (flask people reset-factor)."
        )


def _lost() -> tuple[int, int]:
    """Secrets of webhooks and of apps of the partnership that is bound."""
    kept = (
        (select(WebhookSecret.sealed).where(WebhookSecret.ends_at.is_(None)), subscriptions.PURPOSE),
        (select(SecondFactor.secret).where(SecondFactor.secret.is_not(None)), second_factors.PURPOSE),
    )
    webhooks, apps = (
        sum(not sealed.opens(one or "", of=purpose) for one in db.session.scalars(asked))
        for asked, purpose in kept
    )
    return webhooks, apps
