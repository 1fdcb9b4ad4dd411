"""Letters on paper: printed by a coordinator for schools without an address, and posted on a day that is named.

A letter bears a personal link as a QR code, and a short code for who types. Posted, it counts as asked from that day
on; that it was posted can be taken back, and both are dated.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations, recipients, short_codes
from outreach.asking.recipients import NotWrittenTo
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db, key_within_partnership
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, wall
from outreach.ground.wording import day_short
from outreach.post import links, stationery
from outreach.tour.programmes import Programme

POSTED_AHEAD = timedelta(days=14)
"""How far ahead of today a letter can be said to go: the post room takes it on Monday."""


class PaperLetter(Base):
    """A letter that was made to be printed, to one school for one programme."""

    __tablename__ = "paper_letter"
    __table_args__ = (
        Index("ix_paper_letter_programme", "programme_id", "organisation_id"),
        key_within_partnership("programme_id", "programme"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int]
    partnership_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("personal_link.id"))
    short_code_id: Mapped[int] = mapped_column(ForeignKey("short_code.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class PaperPosting(Base):
    """A letter went by post: `posted_at` is the beginning of the day that a coordinator named. At most one of a
    letter is not taken back."""

    __tablename__ = "paper_posting"
    __table_args__ = (
        Index(
            "ix_paper_posting_standing",
            "paper_letter_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            sqlite_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_letter_id: Mapped[int] = mapped_column(ForeignKey("paper_letter.id"), index=True)
    posted_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, kw_only=True)
class MadeLetter:
    """A letter as it is printed. `page` is the link that its QR code opens, `code` what is typed; both stand
    here alone."""

    organisation: Organisation
    asking: stationery.LetterAsking
    page: str
    code: str


@dataclass(frozen=True, kw_only=True)
class LetterMade:
    """A letter that was made once, and whether it has gone; `posted_on` None while nobody has said so."""

    letter: PaperLetter
    organisation: Organisation
    posted_on: date | None
    posted_by: str


class NobodyToPrintFor(Refusal):
    of_asked = True

    def __init__(self) -> None:
        super().__init__("No letter can be made for any of these schools now. Beside each stands why.")


class NoLetterTicked(Refusal):
    field = "letter"

    def __init__(self) -> None:
        super().__init__("Tick at least one letter.")


class DayPostedUnfit(Refusal):
    """Before the letter was made, or too far ahead to be known."""

    field = "posted_on"


def whom_to_print_for(
    programme: Programme, organisation_ids: Iterable[int], target: Collection[int], *, now: datetime
) -> tuple[list[Organisation], list[NotWrittenTo]]:
    """Schools of the list that would get a letter, and who would not, why: one that went is enough until it is
    taken back. Raises ReplyByPast, ProgrammeClosed."""
    asked, left_out = recipients.to_ask_on_paper(programme, organisation_ids, target, now=now)
    posted = posted_days(programme.id, [organisation.organisation_id for organisation in asked])
    for organisation in asked:
        if organisation.organisation_id in posted:
            why = f"a letter on paper was posted on {day_short(posted[organisation.organisation_id])}"
            left_out.append(NotWrittenTo(organisation=organisation, why=why))
    return [organisation for organisation in asked if organisation.organisation_id not in posted], left_out


def make(
    programme: Programme,
    organisation_ids: Iterable[int],
    target: Collection[int],
    *,
    words: Mapping[int, stationery.LetterAsking],
    codes: Mapping[int, short_codes.Fresh] | None = None,
    who: str,
    now: datetime,
) -> list[MadeLetter]:
    """A letter for each school of the list that may get one, in the order of their names. The short code of an
    earlier letter ends with it.

    `words`: from rounds.words_for. `codes`: one for each school, made before the lock of the programme is
    taken. Raises NobodyToPrintFor, ReplyByPast, ProgrammeClosed.
    """
    invitations.queue(programme)
    organisations, _ = whom_to_print_for(programme, organisation_ids, target, now=now)
    if not organisations:
        raise NobodyToPrintFor
    return [
        _made(
            programme,
            organisation,
            words.get(organisation.organisation_id) or invitations.asking(programme, organisation, now=now),
            (codes or {}).get(organisation.organisation_id),
            who=who,
            now=now,
        )
        for organisation in organisations
    ]


def _made(
    programme: Programme,
    organisation: Organisation,
    asking: stationery.LetterAsking,
    fresh: short_codes.Fresh | None,
    *,
    who: str,
    now: datetime,
) -> MadeLetter:
    until = invitations.invitation_expiry(programme)
    minted = links.mint(
        organisation_id=organisation.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address="",
        now=now,
        expires_at=until,
    )
    code, written = short_codes.give(
        programme, organisation, short_codes.LETTER, code=fresh, expires_at=until, now=now
    )
    db.session.add(
        PaperLetter(
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            organisation_id=organisation.organisation_id,
            link_id=minted.link.id,
            short_code_id=code.id,
            made_at=now,
            who=who,
        )
    )
    history.record(
        "made a letter on paper",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
    )
    page = links.school_page(stationery.settings().public_url, minted.token)
    return MadeLetter(organisation=organisation, asking=asking, page=page, code=written)


def letters_of(programme_id: int) -> list[LetterMade]:
    """All letters on paper of a programme: those that have not gone first, then by the school's name. One
    query."""
    rows = db.session.execute(
        select(PaperLetter, Organisation, PaperPosting)
        .join(Organisation, Organisation.organisation_id == PaperLetter.organisation_id)
        .outerjoin(
            PaperPosting,
            (PaperPosting.paper_letter_id == PaperLetter.id) & PaperPosting.withdrawn_at.is_(None),
        )
        .where(PaperLetter.programme_id == programme_id)
        .order_by(
            PaperPosting.posted_at.is_not(None),
            PaperPosting.posted_at.desc(),
            func.lower(Organisation.name),
            PaperLetter.id.desc(),
        )
    )
    return [
        LetterMade(
            letter=letter,
            organisation=organisation,
            posted_on=day_of(posting.posted_at) if posting else None,
            posted_by=posting.who if posting else "",
        )
        for letter, organisation, posting in rows
    ]


def posted_days(programme_id: int, organisation_ids: Collection[int]) -> dict[int, date]:
    """{URN: the newest day on which a letter on paper went there}; one query."""
    rows = db.session.execute(
        select(PaperLetter.organisation_id, func.max(PaperPosting.posted_at))
        .join(PaperPosting, PaperPosting.paper_letter_id == PaperLetter.id)
        .where(
            PaperLetter.programme_id == programme_id,
            PaperLetter.organisation_id.in_(organisation_ids),
            PaperPosting.withdrawn_at.is_(None),
        )
        .group_by(PaperLetter.organisation_id)
        .order_by(PaperLetter.organisation_id)
    )
    return {organisation_id: day_of(at) for organisation_id, at in rows}


def post(
    programme: Programme, letter_ids: Collection[int], posted_on: date, *, who: str, now: datetime
) -> int:
    """Say that some letters went by post on a day; how many that were not said to have gone before.

    Raises NoLetterTicked, DayPostedUnfit.
    """
    letters = _locked(programme, letter_ids)
    today = day_of(now)
    if posted_on > today + POSTED_AHEAD:
        raise DayPostedUnfit(f"Give a day up to {day_short(today + POSTED_AHEAD)}.")
    if newest := [letter for letter in letters if day_of(letter.made_at) > posted_on]:
        made_on = max(day_of(letter.made_at) for letter in newest)
        raise DayPostedUnfit(
            f"A letter that was made on {day_short(made_on)} cannot have gone before that day."
        )
    gone = _standing(letters)
    fresh = [letter for letter in letters if letter.id not in gone]
    for letter in fresh:
        db.session.add(
            PaperPosting(
                paper_letter_id=letter.id, posted_at=wall(posted_on, time(0)), recorded_at=now, who=who
            )
        )
        _tell("posted a letter on paper", letter, who, now, posted_on)
    db.session.flush()
    return len(fresh)


def withdraw_posting(programme: Programme, letter_ids: Collection[int], *, who: str, now: datetime) -> int:
    """Say that some letters did not go after all; how many that was said of. Raises NoLetterTicked."""
    letters = _locked(programme, letter_ids)
    gone = _standing(letters)
    for letter in letters:
        if (posting := gone.get(letter.id)) is not None:
            posting.withdrawn_at, posting.withdrawn_by = now, who
            _tell("took back that a letter on paper was posted", letter, who, now, day_of(posting.posted_at))
    db.session.flush()
    return len(gone)


def _tell(what: str, letter: PaperLetter, who: str, now: datetime, posted_on: date) -> None:
    history.record(
        what,
        history.Subject("school", letter.organisation_id, letter.partnership_id),
        who=who,
        now=now,
        after={"day": posted_on.isoformat()},
    )


def _locked(programme: Programme, letter_ids: Collection[int]) -> Sequence[PaperLetter]:
    """The programme's own letters of these, one coordinator after the other."""
    invitations.queue(programme)
    letters = db.session.scalars(
        select(PaperLetter)
        .where(PaperLetter.id.in_(letter_ids), PaperLetter.programme_id == programme.id)
        .order_by(PaperLetter.id)
    ).all()
    if not letters:
        raise NoLetterTicked
    return letters


def _standing(letters: Sequence[PaperLetter]) -> dict[int, PaperPosting]:
    rows = db.session.scalars(
        select(PaperPosting)
        .where(
            PaperPosting.paper_letter_id.in_([letter.id for letter in letters]),
            PaperPosting.withdrawn_at.is_(None),
        )
        .order_by(PaperPosting.id)
    )
    return {posting.paper_letter_id: posting for posting in rows}
