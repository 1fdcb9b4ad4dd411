"""The company's own link: one for each troupe, which opens its days and day sheets without an account.

Its token is made from a random number kept with the link and from the service's key, as a calendar's address
is: it can be shown again to a coordinator, stands in no table, and whoever reads a copy of the database can
open nothing.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Index, Text, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.school_year import last_day, year_of
from outreach.ground.timespans import day_of, end_of_day

TROUPE_PAGE = "/t/{token}"

AFTER_THE_YEAR = timedelta(weeks=7)
"""A link lives until so long after the academic year, and at least so long from its making."""


class TroupeLink(Base):
    """One link of one troupe; `troupe_id` and `partnership_id` are plain numbers here. At most one is not
    withdrawn."""

    __tablename__ = "troupe_link"
    in_history = ("troupe link", "id")
    __table_args__ = (
        Index(
            "uq_troupe_link_troupe_id",
            "troupe_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    partnership_id: Mapped[int] = mapped_column(index=True)
    troupe_id: Mapped[int]
    nonce: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)

    def open_at(self, now: datetime) -> bool:
        return self.withdrawn_at is None and now < self.expires_at


def make(troupe_id: int, *, partnership_id: int, who: str, now: datetime) -> TroupeLink:
    """A link for a troupe; the one that works, if there is one. One that has expired gives way."""
    standing = newest(troupe_id)
    if standing is not None and standing.open_at(now):
        return standing
    if standing is not None:
        withdraw(standing, who=who, now=now)
    row = TroupeLink(
        partnership_id=partnership_id,
        troupe_id=troupe_id,
        nonce=secrets.token_hex(_NONCE // 2),
        created_at=now,
        created_by=who,
        expires_at=_expiry(now),
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        # Somebody else made one at the same time: theirs is as good.
        other = newest(troupe_id)
        if other is None:
            raise
        return other
    history.record("made", row, who=who, now=now, after={"troupe": troupe_id})
    return row


def withdraw(link: TroupeLink, *, who: str, now: datetime) -> None:
    """It opens nothing any more. Withdrawn already: nothing happens."""
    if link.withdrawn_at is None:
        link.withdrawn_at, link.withdrawn_by = now, who
        db.session.flush()
        history.record("withdrew", link, who=who, now=now, before={"troupe": link.troupe_id})


def renew(link: TroupeLink, *, who: str, now: datetime) -> TroupeLink:
    """Another link for the same troupe; the old one ends."""
    withdraw(link, who=who, now=now)
    return make(link.troupe_id, partnership_id=link.partnership_id, who=who, now=now)


def newest(troupe_id: int) -> TroupeLink | None:
    """The link of a troupe that was not withdrawn, expired or not; None where there is none."""
    return db.session.scalar(
        select(TroupeLink).where(TroupeLink.troupe_id == troupe_id, TroupeLink.withdrawn_at.is_(None))
    )


def nonce_of(token: str, keys: Iterable[str]) -> str | None:
    """What to find a token's link by; None for what none of `keys` made. No query."""
    nonce, seal = token[:_NONCE], token[_NONCE:]
    if not _TOKEN.fullmatch(token) or not any(hmac.compare_digest(seal, _seal(nonce, key)) for key in keys):
        return None
    return nonce


def token_of(link: TroupeLink, key: str) -> str:
    """The secret of a link's address: 64 random bits to find it by, and 128 bits that only `key` can make."""
    return sealed(link.nonce, key)


def sealed(nonce: str, key: str) -> str:
    return nonce + _seal(nonce, key)


def address(public_url: str, token: str) -> str:
    return public_url + TROUPE_PAGE.format(token=token)


def token_in(typed: str) -> str | None:
    """The token in what somebody pasted: the link, an address below it, or the token alone. None: there is
    none in it."""
    found = _PASTED.fullmatch(typed.strip())
    return found[1] if found else None


def _expiry(now: datetime) -> datetime:
    """Seven weeks after the academic year that is on seven weeks from now."""
    year = year_of(day_of(now + AFTER_THE_YEAR))
    return end_of_day(last_day(year) + AFTER_THE_YEAR)


def _seal(nonce: str, key: str) -> str:
    return hmac.new(key.encode(), f"troupe {nonce}".encode(), hashlib.sha256).hexdigest()[:32]


_NONCE = 16
_TOKEN = re.compile(r"[0-9a-f]{48}")
_PASTED = re.compile(r"(?:\S{0,200}/t/)?([0-9a-f]{48})(?:[/?#]\S*)?")
