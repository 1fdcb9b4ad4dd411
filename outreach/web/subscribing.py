"""A calendar address as pages offer it: to open, to copy. Its token is made anew from the service's key each
time."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import current_app

from outreach.post.feeds import addresses
from outreach.post.feeds.addresses import Feed


@dataclass(frozen=True, kw_only=True)
class FeedOffer:
    """What a page shows of a feed: `webcal` opens a calendar program, `https` is what people paste into
    one. None of the calendars' own addresses takes a copy: each subscribes, and follows what moves."""

    feed: Feed
    https: str
    webcal: str

    google = "https://calendar.google.com/calendar/r/settings/addbyurl"
    """Google Calendar's page that adds a calendar from its address, which is pasted there: links that bring it along
    (`?cid=`) are no documented way, and fail for some (docs/decisions/README.md, 24)."""

    @property
    def outlook(self) -> str:
        """The same of Outlook at work or school."""
        return f"https://outlook.office.com/calendar/0/addfromweb?{self._named()}"

    @property
    def outlook_at_home(self) -> str:
        """The same of Outlook.com."""
        return f"https://outlook.live.com/calendar/0/addfromweb?{self._named()}"

    def _named(self) -> str:
        return urlencode({"url": self.https, "name": self.feed.label or "Outreach"}, quote_via=quote)


def keys() -> list[str]:
    """The service's key, and those before it: an address stays good when the key is changed."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def offer(feed: Feed | None) -> FeedOffer | None:
    """The feed's address in both spellings; None for no feed."""
    if feed is None:
        return None
    https = addresses.address(current_app.config["PUBLIC_URL"], addresses.token_of(feed, keys()[0]))
    return FeedOffer(feed=feed, https=https, webcal="webcal:" + https.partition(":")[2])
