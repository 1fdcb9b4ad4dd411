"""Words of what people answered from their calendars. Pure."""

from dataclasses import dataclass
from datetime import datetime

from outreach.booking.invite_answers import ACCEPTED, DECLINED, TENTATIVE, NewestAnswer
from outreach.ground.wording import clock, day

VERBS = {ACCEPTED: "Said yes", TENTATIVE: "Said maybe", DECLINED: "Said no"}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A word with its sign, both as the styles name them."""

    words: str
    colour: str
    glyph: str


ANSWERS = {
    ACCEPTED: Mark(words="Accepted", colour="seen", glyph="seen"),
    TENTATIVE: Mark(words="Maybe", colour="confirm", glyph="to-confirm"),
    DECLINED: Mark(words="Declined", colour="stop", glyph="declined"),
}
NO_MAIL = Mark(words="No mail yet", colour="quiet", glyph="not-asked")
LOST = Mark(words="Did not arrive", colour="stop", glyph="unreachable")
NO_ANSWER = Mark(words="No answer yet", colour="quiet", glyph="asked")
ON_ITS_WAY = Mark(words="On its way", colour="quiet", glyph="not-asked")


def answer(said: NewestAnswer | None, letter: str) -> Mark:
    """What is known of one person: the answer to the time that stands, else how far the letter came; `letter` is
    its status, '' without one."""
    if said is not None and said.stands:
        return ANSWERS[said.partstat]
    if not letter:
        return NO_MAIL
    return {"failed": LOST, "bounced": LOST, "sent": NO_ANSWER}.get(letter, ON_ITS_WAY)


def before(said: NewestAnswer | None, starts_at: datetime) -> str:
    """An answer to a time or place that is no more: 'Said yes to Tuesday 3 March, before it moved'."""
    if said is None or said.stands:
        return ""
    verb, then = VERBS[said.partstat], said.to_starts_at
    if then is None:
        return f"{verb} before it moved"
    if then == starts_at:
        return f"{verb} before the place changed"
    return f"{verb} to {clock(then) if day(then) == day(starts_at) else day(then)}, before it moved"
