"""Short codes: what stands on a letter on paper, or is read out on the phone, and opens a school's pages together
with its postcode.

Only a salted scrypt hash is kept. Wrong tries are counted in the database, so that several processes count
together: by school, by address of origin, and for what was read out by the code itself.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Text, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash

from outreach.asking import open_door
from outreach.county.schools import Organisation
from outreach.ground import history, whose
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.tour.programmes import Programme

LETTER, SPOKEN = "letter", "spoken"
SIGNS = "ABCDEFGHJKMNPQRTUVWXY346789"
"""No sign that is read as another: neither 0 and O, 1, I and L, 2 and Z, nor 5 and S."""
SIGNS_IN_A_CODE = 8
WRONG_TRIES_A_SCHOOL, WRONG_TRIES_AN_ORIGIN = 10, 20
"""Within a day; after them every try is refused, the right one too."""
WRONG_TRIES_OF_SPOKEN = 5
SPOKEN_LASTS = timedelta(days=3)
WORDS = (
    "apple barn beech bell bird boat book bread brook cake candle castle chair cherry clock cloud coat corn cup deer "
    "door drum duck field fish flag flute fox garden gate glass goat grass green hand harp hat hill honey horse house "
    "ivy jam kite lake lamp leaf lemon lion maple melon milk mill moon mouse oak orange otter owl paint paper park "
    "pear pencil piano pine plum pond rabbit rain river robin roof rose salt ship shoe silver snow spoon star stone "
    "sun swan table tea tiger train tree valley violin water wheel willow window wood wool"
).split()
"""Plain words that sound like no other of them on a bad line."""

DO_NOT_FIT = (
    "That postcode and that code do not go together. Look at both once more. A code that was read out to you works "
    "once; a newer letter ends the code of an older one."
)
"""The same words whatever was wrong: they tell nobody which schools have a code."""

USED, REPLACED, TRIED_TOO_OFTEN = "used", "replaced", "tried too often"


class ShortCode(Base):
    """One code of one school for one programme; at most one of each kind stands. `name`: to whom it was read
    out."""

    __tablename__ = "short_code"
    __table_args__ = (
        Index(
            "ix_short_code_standing",
            "organisation_id",
            "programme_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        key_within_partnership("programme_id", "programme"),
        CheckConstraint("kind IN ('letter', 'spoken')", name="kind"),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL) AND "
            "(ended_as IS NULL OR ended_as IN ('used', 'replaced', 'tried too often'))",
            name="ended",
        ),
        CheckConstraint("wrong_tries >= 0", name="wrong_tries"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    partnership_id: Mapped[int] = mapped_column(index=True)
    programme_id: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="", server_default="")
    code_hash: Mapped[str] = mapped_column(Text)
    wrong_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str | None] = mapped_column(Text)


class WrongTry(Base):
    """Somebody typed a code that opened nothing: at which school, if one of that postcode has a code; from which
    network address, '' where that tells nothing or is a day old."""

    __tablename__ = "wrong_code_try"
    __table_args__ = (
        Index("ix_wrong_code_try_organisation_id", "organisation_id", "recorded_at"),
        Index("ix_wrong_code_try_origin", "origin", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    origin: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class TooManyTries(Refusal):
    """The right code is refused too, so that nobody learns by it which one was right."""

    field = "code"

    def __init__(self) -> None:
        super().__init__(
            "Too many codes that did not fit were tried today. Try again tomorrow, or ring us: we book with you on the "
            "phone."
        )


@dataclass(frozen=True)
class Fresh:
    """A code that nobody has yet, as it is written and as it is kept."""

    written: str
    code_hash: str


def fresh(kind: str) -> Fresh:
    """Made outside a transaction where there are many: each takes some fifty milliseconds of processor."""
    written = _fresh(kind)
    return Fresh(written=written, code_hash=generate_password_hash(plain(written)))


def give(
    programme: Programme,
    organisation: Organisation,
    kind: str,
    *,
    name: str = "",
    code: Fresh | None = None,
    expires_at: datetime,
    now: datetime,
) -> tuple[ShortCode, str]:
    """A new code and its only copy, as it is written ('K7MN 4QXP') or read out ('KITE 4827'); the one before it
    ends."""
    _locked([organisation.organisation_id])
    for before in _standing(organisation.organisation_id, programme.id, kind):
        _end(before, REPLACED, now)
    db.session.flush()
    code = code or fresh(kind)
    row = ShortCode(
        organisation_id=organisation.organisation_id,
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        kind=kind,
        name=name,
        code_hash=code.code_hash,
        created_at=now,
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    return row, code.written


def give_to_read_out(
    programme: Programme, organisation: Organisation, *, name: str, who: str, now: datetime
) -> str:
    """A plain word and four figures for somebody on the phone: three days, five tries, gone when used."""
    _, written = give(programme, organisation, SPOKEN, name=name, expires_at=now + SPOKEN_LASTS, now=now)
    history.record(
        "read out a code",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"to": name or "not said"},
    )
    return written


def open_with(postcode: str, code: str, *, origin: str = "", now: datetime) -> str | None:
    """The token of a fresh personal link where the two go together; else None, and the try is counted.

    Raises TooManyTries. Called inside a transaction that commits either way.
    """
    day = now - timedelta(days=1)
    db.session.execute(
        update(WrongTry).where(WrongTry.origin > "", WrongTry.recorded_at <= day).values(origin="")
    )
    if origin and _tries(WrongTry.origin == origin, since=day) >= WRONG_TRIES_AN_ORIGIN:
        raise TooManyTries
    typed = plain(code)
    found = _codes_at(postcode, typed, now=now)
    organisation_ids = sorted({row.organisation_id for row in found})
    _locked(organisation_ids)
    if any(
        _tries(WrongTry.organisation_id == organisation_id, since=day) >= WRONG_TRIES_A_SCHOOL
        for organisation_id in organisation_ids
    ):
        raise TooManyTries
    right = None
    for row in found:
        db.session.refresh(row)  # another may have used it while this one waited for the lock
        if row.ended_at is None and check_password_hash(row.code_hash, typed):
            right = row
    if right is None:
        if not found:
            check_password_hash(_nobodys(), typed)  # takes as long as where there is a code
        _count_wrong(found, organisation_ids, origin, now=now)
        return None
    return _opened(right, now=now)


def plain(code: str) -> str:
    """A code as it is compared: small letters, blanks and hyphens make no difference."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())


@cache
def _nobodys() -> str:
    """The hash of a code that nobody has."""
    return generate_password_hash(secrets.token_hex(8))


def _fresh(kind: str) -> str:
    if kind == SPOKEN:
        return f"{secrets.choice(WORDS).upper()} {secrets.randbelow(10_000):04}"
    signs = "".join(secrets.choice(SIGNS) for _ in range(SIGNS_IN_A_CODE))
    return f"{signs[:4]} {signs[4:]}"


def _standing(organisation_id: int, programme_id: int, kind: str) -> list[ShortCode]:
    return list(
        db.session.scalars(
            select(ShortCode)
            .where(
                ShortCode.organisation_id == organisation_id,
                ShortCode.programme_id == programme_id,
                ShortCode.kind == kind,
                ShortCode.ended_at.is_(None),
            )
            .order_by(ShortCode.id)
        )
    )


def _codes_at(postcode: str, typed: str, *, now: datetime) -> list[ShortCode]:
    """The codes that stand for schools of a postcode; blanks and capitals make no difference. Where several
    partnerships gave codes there, those of the one whose code it is, or of the last."""
    wanted = re.sub(r"\s", "", postcode.upper())
    if not wanted:
        return []
    found: list[ShortCode] = []
    givers = whose.having_codes(wanted, now)
    for giver in givers:
        if giver is not None:
            whose.bind(giver)
        found = _of_postcode(wanted, now=now)
        if len(givers) > 1 and any(check_password_hash(row.code_hash, typed) for row in found):
            break
    return found


def _of_postcode(wanted: str, *, now: datetime) -> list[ShortCode]:
    return list(
        db.session.scalars(
            select(ShortCode)
            .join(Organisation, Organisation.organisation_id == ShortCode.organisation_id)
            .where(
                ShortCode.ended_at.is_(None),
                ShortCode.expires_at > now,
                func.replace(func.upper(Organisation.postcode), " ", "") == wanted,
            )
            .order_by(ShortCode.id)
        )
    )


def _locked(organisation_ids: list[int]) -> None:
    """Tries at one school go one after the other, so that many at once count as many."""
    db.session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id.in_(organisation_ids))
        .order_by(Organisation.organisation_id)
        .with_for_update(key_share=True)
    )


def _tries(which: ColumnElement[bool], *, since: datetime) -> int:
    counted = select(func.count()).select_from(WrongTry).where(which, WrongTry.recorded_at > since)
    return db.session.scalar(counted) or 0


def _count_wrong(found: list[ShortCode], organisation_ids: list[int], origin: str, *, now: datetime) -> None:
    db.session.add_all(
        WrongTry(organisation_id=organisation_id, origin=origin, recorded_at=now)
        for organisation_id in organisation_ids
    )
    if not organisation_ids:
        db.session.add(WrongTry(origin=origin, recorded_at=now))
    for row in found:
        if row.kind == SPOKEN and row.ended_at is None:
            row.wrong_tries += 1
            if row.wrong_tries >= WRONG_TRIES_OF_SPOKEN:
                _end(row, TRIED_TOO_OFTEN, now)
    db.session.flush()


def _opened(row: ShortCode, *, now: datetime) -> str:
    organisation = db.session.get_one(Organisation, row.organisation_id)
    programme = db.session.get_one(Programme, row.programme_id)
    if row.kind == SPOKEN:
        _end(row, USED, now)
    return open_door.fresh_link(
        programme,
        organisation,
        name=row.name,
        address="",
        deed=f"opened with a {row.kind} code",
        who="a short code",
        now=now,
    )


def _end(row: ShortCode, how: str, now: datetime) -> None:
    row.ended_at, row.ended_as = now, how
