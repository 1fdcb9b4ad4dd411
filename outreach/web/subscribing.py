"""A calendar address as pages offer it: to open, to copy. Its token is made anew from the service's key each
time."""

from dataclasses import dataclass

from flask import current_app

from outreach.post.feeds import addresses
from outreach.post.feeds.addresses import Feed


@dataclass(frozen=True, kw_only=True)
class FeedOffer:
    """What a page shows of a feed: `webcal` opens a calendar program, `https` is what people paste into
    one."""

    feed: Feed
    https: str
    webcal: str


def keys() -> list[str]:
    """The service's key, and those before it: an address stays good when the key is changed."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def offer(feed: Feed | None) -> FeedOffer | None:
    """The feed's address in both spellings; None for no feed."""
    if feed is None:
        return None
    https = addresses.address(current_app.config["PUBLIC_URL"], addresses.token_of(feed, keys()[0]))
    return FeedOffer(feed=feed, https=https, webcal="webcal:" + https.partition(":")[2])
