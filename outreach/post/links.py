"""Personal links: they cannot be guessed, can be withdrawn, and expire.

Only the SHA-256 of a token is kept; the token itself stands in the letter alone. A link opens the
pages of one school for one programme; `post` knows neither, so both are plain numbers here.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Select, Text, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground.db import Base, Instant, db, key_within_partnership

SCHOOL_PAGE = "/i/{token}"
CONTACTS_PAGE = "/i/{token}/contacts"
FAMILIES_PAGE = "/i/{token}/booked/{reference}/families"
STAFF_PAGE = "/i/{token}/booked/{reference}/staff"
QUESTIONS_PAGE = "/i/{token}/booked/{reference}/questions"
POSTER_PAGE = "/i/{token}/booked/{reference}/questions/{wave}/poster"
BOOKING_PAGE = "/b/{reference}"
FIND_PAGE = "/find"
FIND_SCHOOL_PAGE = "/find/{organisation_id}"
DESK_SCHOOL_PAGE = "/desk/schools/{organisation_id}"
DESK_PAGE = "/desk"
DESK_NEWS_PAGE = "/desk/news"
ACCOUNT_PAGE = "/desk/account"
OWN_SESSIONS_PAGE = "/desk/account/sessions"
PASSWORD_PAGE = "/desk/password"
SECOND_FACTOR_PAGE = "/desk/account/second-factor"
DIGEST_PAGE = "/digest/{token}"
"""Where a coordinator stops the digest, without signing in."""
NO_REMINDERS_PAGE = "/no-reminders/{token}"
"""Where a school says that it wants no more reminders before a visit."""
CONTACT_PAGE = "/contact"
PRIVACY_PAGE = "/privacy"
SIGN_IN_FORM = "/sign-in"
SIGN_IN_PAGE = "/sign-in/{token}"
BACK_FROM_PROVIDER_PAGE = "/sign-in/with/{name}/back"
"""Where a sign-in provider sends a browser back to: registered there, letter by letter."""
INVITED_PAGE = "/sign-in/invited/{token}"
"""Where a person who was invited chooses a name and a password."""
DAY_PAGE = "/company/days/{tour_day_id}"
"""The way to a day's sheet that opens nothing by itself: it asks for the troupe's link. For calendars, which
many people see."""

LOGO_FILE = "/static/looks/{digest}.png"
"""A partnership's logo, the same for all its letters: who asks for it says nothing of who reads."""

STAMP = "%Y%m%dT%H%M%SZ"
"""An instant of UTC in an address, to the second (ISO 8601, basic format)."""


class PersonalLink(Base):
    """One link in one letter to one address."""

    __tablename__ = "personal_link"
    __table_args__ = (
        Index("ix_personal_link_subject", "organisation_id", "programme_id"),
        Index("ix_personal_link_partnership", "partnership_id", "address"),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    organisation_id: Mapped[int]
    partnership_id: Mapped[int]
    programme_id: Mapped[int]
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    def open_at(self, now: datetime) -> bool:
        return self.withdrawn_at is None and now < self.expires_at


@dataclass(frozen=True, kw_only=True)
class Minted:
    """A fresh link: its row and the only copy of its token."""

    link: PersonalLink
    token: str


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def mint(
    *,
    organisation_id: int,
    programme_id: int,
    partnership_id: int,
    address: str,
    name: str = "",
    now: datetime,
    expires_at: datetime,
) -> Minted:
    """A new link of 192 random bits for one address."""
    token = secrets.token_urlsafe(24)
    link = PersonalLink(
        token_hash=hash_of(token),
        organisation_id=organisation_id,
        programme_id=programme_id,
        partnership_id=partnership_id,
        address=address,
        name=name,
        created_at=now,
        expires_at=expires_at,
    )
    db.session.add(link)
    return Minted(link=link, token=token)


def withdraw(*, organisation_id: int, address: str, programmes: Select[int] | None, now: datetime) -> None:
    """Close every link of a school into some programmes (None: any) that went to this address; capitals make
    no difference."""
    db.session.execute(
        update(PersonalLink)
        .where(
            PersonalLink.organisation_id == organisation_id,
            *(() if programmes is None else (PersonalLink.programme_id.in_(programmes),)),
            func.lower(PersonalLink.address) == address.lower(),
            PersonalLink.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def find(token: str) -> PersonalLink | None:
    """The link of a token, open or not; None for a token that never was."""
    return db.session.scalar(select(PersonalLink).where(PersonalLink.token_hash == hash_of(token)))


def school_page(public_url: str, token: str) -> str:
    return public_url + SCHOOL_PAGE.format(token=token)


def contacts_page(public_url: str, token: str) -> str:
    """Where a school says whether we hold the right people."""
    return public_url + CONTACTS_PAGE.format(token=token)


def families_page(public_url: str, token: str, reference: str) -> str:
    """A booking's letter for families, on one page to print."""
    return public_url + FAMILIES_PAGE.format(token=token, reference=reference)


def staff_page(public_url: str, token: str, reference: str) -> str:
    """A booking's note for staff, on one page to print."""
    return public_url + STAFF_PAGE.format(token=token, reference=reference)


def questions_page(public_url: str, token: str, reference: str) -> str:
    """What a booking's pupils are asked, and where a school says that they are not."""
    return public_url + QUESTIONS_PAGE.format(token=token, reference=reference)


def poster_page(public_url: str, token: str, reference: str, wave: str) -> str:
    """The poster of one wave of questions."""
    return public_url + POSTER_PAGE.format(token=token, reference=reference, wave=wave)


def booking_page(public_url: str, reference: str) -> str:
    return public_url + BOOKING_PAGE.format(reference=reference)


def find_page(public_url: str) -> str:
    return public_url + FIND_PAGE


def find_school_page(public_url: str, organisation_id: int) -> str:
    """Sends a link for this school's pages to an address on file; it bears no token itself."""
    return public_url + FIND_SCHOOL_PAGE.format(organisation_id=organisation_id)


def desk_school_page(public_url: str, organisation_id: int) -> str:
    """A coordinator's page of a school."""
    return public_url + DESK_SCHOOL_PAGE.format(organisation_id=organisation_id)


def desk_page(public_url: str, programme_id: int) -> str:
    """All that waits in a programme."""
    return f"{public_url}{DESK_PAGE}?programme={programme_id}&whose=all"


def desk_news_page(public_url: str, programme_id: int, since: datetime) -> str:
    """What happened in a programme since an instant of UTC."""
    stamp = since.strftime(STAMP)
    return f"{public_url}{DESK_NEWS_PAGE}?programme={programme_id}&since={stamp}"


def account_page(public_url: str) -> str:
    return public_url + ACCOUNT_PAGE


def own_sessions_page(public_url: str) -> str:
    """Where one is signed in; open to every role, as the account is not."""
    return public_url + OWN_SESSIONS_PAGE


def password_page(public_url: str) -> str:
    return public_url + PASSWORD_PAGE


def second_factor_page(public_url: str) -> str:
    return public_url + SECOND_FACTOR_PAGE


def digest_page(public_url: str, token: str) -> str:
    return public_url + DIGEST_PAGE.format(token=token)


def no_reminders_page(public_url: str, token: str) -> str:
    return public_url + NO_REMINDERS_PAGE.format(token=token)


def contact_page(public_url: str) -> str:
    """Whom to ask."""
    return public_url + CONTACT_PAGE


def logo(public_url: str, digest: str) -> str:
    return public_url + LOGO_FILE.format(digest=digest)


def privacy_page(public_url: str) -> str:
    return public_url + PRIVACY_PAGE


def day_page(public_url: str, tour_day_id: int) -> str:
    return public_url + DAY_PAGE.format(tour_day_id=tour_day_id)


def back_from_provider_page(public_url: str, name: str) -> str:
    return public_url + BACK_FROM_PROVIDER_PAGE.format(name=name)


def sign_in_page(public_url: str, token: str) -> str:
    return public_url + SIGN_IN_PAGE.format(token=token)


def invited_page(public_url: str, token: str) -> str:
    return public_url + INVITED_PAGE.format(token=token)


def sign_in_form(public_url: str) -> str:
    return public_url + SIGN_IN_FORM
