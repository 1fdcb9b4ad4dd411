"""Tokens for the JSON feed that programs of a council or a company read: made by a coordinator, shown once, withdrawn.

Only the SHA-256 of a token is kept, so that whoever reads a copy of the database can open nothing with it. A
token opens what its scopes name, of one partnership, and changes nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, Names, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal

PREFIX = "outreach_"
"""What every token begins with, so that one that leaked into a file or a log is known for what it is."""

FIGURES, STANDINGS, BOOKINGS, REPORTS = "figures", "standings", "bookings", "reports"
SCHOOLS, SHOWS, PLANS = "schools", "shows", "plans"

SCOPES: Mapping[str, str] = {
    FIGURES: "sums of schools and bodies, by district, phase and type",
    STANDINGS: "each school and body with its standing",
    BOOKINGS: "bookings, as they stood",
    REPORTS: "reports that were published to the board",
    SCHOOLS: "schools, with their places",
    SHOWS: "shows and sessions, and who plays where",
    PLANS: "plans of a tour, and what they propose",
}
"""What a token may read -> in words."""

AS_BEFORE = (FIGURES, STANDINGS, BOOKINGS, REPORTS)
"""What every token read before there were scopes."""

OF_COMPANY = (SHOWS,)
"""What a company's token reads: its own shows, and nothing of another's."""


class ApiToken(Base, OfPartnership):
    """One token: what it is for, what it may read, its last four characters to tell it by, and by whom it was made and
    withdrawn. `company_id`: of a company's own diary; None: of the partnership as a whole."""

    __tablename__ = "api_token"
    in_history = ("API token", "id")

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    label: Mapped[str] = mapped_column(Text)
    ending: Mapped[str] = mapped_column(Text)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Names, server_default="\n".join(AS_BEFORE))
    company_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class LabelTaken(Refusal):
    field = "label"


class NothingToRead(Refusal):
    field = "scopes"


class NoSuchToken(NoSuch):
    """There is none, or it is another partnership's."""


def make(
    partnership_id: int,
    label: str,
    *,
    scopes: Collection[str] = tuple(SCOPES),
    company_id: int | None = None,
    who: str,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token's row, and the token itself: 192 random bits that are kept nowhere. A company's reads its shows
    alone, whatever else is asked for. Raises LabelTaken, NothingToRead."""
    if any(t.label.casefold() == label.casefold() for t in live(partnership_id)):
        raise LabelTaken(
            f"There is a token called ‘{label}’ already. Give this one another name, or withdraw that one."
        )
    opened = OF_COMPANY if company_id is not None else tuple(s for s in SCOPES if s in scopes)
    if not opened:
        raise NothingToRead("Tick what it may read.")
    token = PREFIX + secrets.token_urlsafe(24)
    row = ApiToken(
        partnership_id=partnership_id,
        token_hash=hash_of(token),
        label=label,
        ending=token[-4:],
        scopes=opened,
        company_id=company_id,
        created_at=now,
        created_by=who,
    )
    db.session.add(row)
    db.session.flush()
    history.record("made", row, who=who, now=now, after={"label": label, "reads": list(opened)})
    return row, token


def withdraw(row: ApiToken, *, who: str, now: datetime) -> None:
    """It opens nothing any more. Withdrawn already: nothing happens."""
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, who
        db.session.flush()
        history.record("withdrew", row, who=who, now=now, before=row.label)


def get(partnership_id: int, token_id: int) -> ApiToken:
    """Raises NoSuchToken."""
    found = db.session.get(ApiToken, token_id)
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchToken("There is no such token here.")
    return found


def live(partnership_id: int) -> list[ApiToken]:
    """The tokens that work, oldest first."""
    return [t for t in every(partnership_id) if t.withdrawn_at is None]


def every(partnership_id: int) -> list[ApiToken]:
    """Withdrawn ones too, oldest first."""
    return list(
        db.session.scalars(
            select(ApiToken).where(ApiToken.partnership_id == partnership_id).order_by(ApiToken.id)
        )
    )


def find(token: str) -> ApiToken | None:
    """The row of a token, withdrawn or not; None for what never was one. No query for what cannot be one."""
    if not _SHAPE.fullmatch(token):
        return None
    whose.bind_to("token", hash_of(token))
    return db.session.scalar(select(ApiToken).where(ApiToken.token_hash == hash_of(token)))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{32}")
