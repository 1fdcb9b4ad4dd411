"""Looks of a partnership's pages and letters: the name in From, an accent colour, words at the foot."""

from dataclasses import asdict, dataclass
from datetime import datetime

from outreach.county.partnerships import Partnership
from outreach.ground import colours, history
from outreach.ground.db import db
from outreach.ground.errors import Refusal


class NotReadable(Refusal):
    """It is no colour, or words in it cannot be read everywhere (WCAG 2.2, 1.4.3, level AA)."""

    field = "accent"


@dataclass(frozen=True, kw_only=True)
class Looks:
    """`sender_name`: who letters come from, '' for the partnership's name; `footer_words`: at the foot of each page and
    letter; `accent`: a colour as typed, '' for ours."""

    sender_name: str = ""
    footer_words: str = ""
    accent: str = ""


def of(partnership: Partnership) -> Looks:
    return Looks(
        sender_name=partnership.sender_name,
        footer_words=partnership.footer_words,
        accent=partnership.accent or "",
    )


def change(partnership: Partnership, wished: Looks, *, who: str, now: datetime) -> None:
    """Pages look so at once, and letters written from now on; what went stays as it went. Raises NotReadable."""
    accent = _readable(wished.accent) if wished.accent else None
    settled = Looks(sender_name=wished.sender_name, footer_words=wished.footer_words, accent=accent or "")
    before, after = history.differences(asdict(of(partnership)), asdict(settled))
    if not after:
        return
    partnership.sender_name = settled.sender_name
    partnership.footer_words = settled.footer_words
    partnership.accent = accent
    db.session.flush()
    history.record("changed how it looks", partnership, who=who, now=now, before=before, after=after)


def _readable(typed: str) -> str | None:
    """The colour as it is kept; None for ours."""
    accent = colours.read(typed)
    if accent is None:
        raise NotReadable(
            f"‘{typed}’ is not a colour. Type six digits or letters, such as {colours.DAMSON.accent}."
        )
    if (found := colours.worst_contrast(accent)) < colours.READABLE:
        near = colours.readable_near(accent)
        raise NotReadable(
            f"Words in this colour are too pale to read: contrast {found:.1f}, and {colours.READABLE} is needed. "
            f"The nearest darker one is {near}."
        )
    return None if accent == colours.DAMSON.accent else accent
