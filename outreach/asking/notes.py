"""Notes of coordinators about a school, and what was said on the phone: for themselves alone, and never a
pupil's name.

A note that is taken back loses its words for good: whoever wrote a name by mistake can mend that.
"""

import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.tour.programmes import Programme

LONGEST = 1000
"""Characters of one note."""

SENT_TWICE = timedelta(hours=1)
"""The same words by the same person about the same school within this time are one note: a form sent
twice."""

NOTE, PHONE = "note", "phone"


class NoteEmpty(Refusal):
    field = "text"


class NoteUnfit(Refusal):
    """Too long, or with characters that cannot be read."""

    field = "text"


class NoteGone(Refusal):
    """It was taken back already."""


class NoteOnOrganisation(Base, OfPartnership):
    """One coordinator's words about one school; `kind` 'phone' tells of a talk with the school.

    `programme_id` None: true of the school in any programme. Taken back: `withdrawn_at` set and the words
    gone.
    """

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_organisation_id", "organisation_id", "id"),
        CheckConstraint("kind IN ('note', 'phone')", name="kind"),
        CheckConstraint("(withdrawn_at IS NULL) = (text <> '')", name="words"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"), index=True)
    kind: Mapped[str] = mapped_column(Text, default=NOTE)
    text: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


def write(
    organisation_id: int,
    text: str,
    programme: Programme | None = None,
    *,
    partnership_id: int,
    kind: str = NOTE,
    who: str,
    now: datetime,
) -> NoteOnOrganisation:
    """Keep a note about one school; the same form sent twice makes no second one. Raises NoteEmpty,
    NoteUnfit."""
    return write_many(
        [organisation_id], text, programme, partnership_id=partnership_id, kind=kind, who=who, now=now
    )[0]


def write_many(
    organisation_ids: Collection[int],
    text: str,
    programme: Programme | None = None,
    *,
    partnership_id: int,
    kind: str = NOTE,
    who: str,
    now: datetime,
) -> list[NoteOnOrganisation]:
    """The same note about each of many schools, in the order of their URNs. Raises NoteEmpty, NoteUnfit."""
    words = words_of(text)
    wanted = sorted(set(organisation_ids))
    kept = {
        note.organisation_id: note
        for note in db.session.scalars(
            select(NoteOnOrganisation)
            .where(
                NoteOnOrganisation.partnership_id == partnership_id,
                NoteOnOrganisation.programme_id == (programme.id if programme else None),
                NoteOnOrganisation.kind == kind,
                NoteOnOrganisation.text == words,
                NoteOnOrganisation.who == who,
                NoteOnOrganisation.recorded_at > now - SENT_TWICE,
            )
            .order_by(NoteOnOrganisation.id)
        )
    }
    for organisation_id in wanted:
        if organisation_id in kept:
            continue
        kept[organisation_id] = NoteOnOrganisation(
            partnership_id=partnership_id,
            organisation_id=organisation_id,
            programme_id=programme.id if programme else None,
            kind=kind,
            text=words,
            who=who,
            recorded_at=now,
        )
        db.session.add(kept[organisation_id])
        # Not the words: what is in the history can never be taken out again.
        history.record(
            "spoke on the phone" if kind == PHONE else "noted",
            history.Subject("school", organisation_id, partnership_id),
            who=who,
            now=now,
        )
    db.session.flush()
    return [kept[organisation_id] for organisation_id in wanted]


def withdraw(note: NoteOnOrganisation, *, who: str, now: datetime) -> None:
    """Take a note back: its words are gone for good. Raises NoteGone."""
    if note.withdrawn_at is not None:
        raise NoteGone("That note was taken back already.")
    note.withdrawn_at, note.withdrawn_by, note.text = now, who, ""
    history.record(
        "note taken back",
        history.Subject("school", note.organisation_id, note.partnership_id),
        who=who,
        now=now,
    )
    db.session.flush()


def find(note_id: int, *, partnership_id: int) -> NoteOnOrganisation | None:
    """A partnership's own note, to be changed by the caller; None for another's or none."""
    return db.session.scalar(
        select(NoteOnOrganisation)
        .where(NoteOnOrganisation.id == note_id, NoteOnOrganisation.partnership_id == partnership_id)
        .with_for_update()
    )


def read(note_id: int, *, partnership_id: int) -> NoteOnOrganisation | None:
    """A partnership's own note, only to be shown; None for another's or none."""
    found = db.session.get(NoteOnOrganisation, note_id) if note_id < 2**31 else None
    return found if found is not None and found.partnership_id == partnership_id else None


def of_organisation(organisation_id: int, *, partnership_id: int) -> list[NoteOnOrganisation]:
    """A partnership's notes about one school, the newest first, without those taken back."""
    return of_organisations([organisation_id], partnership_id=partnership_id)


def of_organisations(organisation_ids: Collection[int], *, partnership_id: int) -> list[NoteOnOrganisation]:
    """As `of_organisation`, of several: a school and those it came from. One query."""
    return list(
        db.session.scalars(
            select(NoteOnOrganisation)
            .where(
                NoteOnOrganisation.organisation_id.in_(set(organisation_ids)),
                NoteOnOrganisation.partnership_id == partnership_id,
                NoteOnOrganisation.withdrawn_at.is_(None),
            )
            .order_by(NoteOnOrganisation.recorded_at.desc(), NoteOnOrganisation.id.desc())
        )
    )


def calls_in(programme: Programme, organisation_ids: Iterable[int]) -> dict[int, int]:
    """How many notes of talks on the phone stand in a programme, by school; one query."""
    rows = db.session.execute(
        select(NoteOnOrganisation.organisation_id, func.count())
        .where(
            NoteOnOrganisation.organisation_id.in_(set(organisation_ids)),
            NoteOnOrganisation.partnership_id == programme.partnership_id,
            NoteOnOrganisation.programme_id == programme.id,
            NoteOnOrganisation.kind == PHONE,
            NoteOnOrganisation.withdrawn_at.is_(None),
        )
        .group_by(NoteOnOrganisation.organisation_id)
        .order_by(NoteOnOrganisation.organisation_id)
    )
    return {organisation_id: calls for organisation_id, calls in rows}


def words_of(typed: str) -> str:
    """The words as they are kept: trimmed, lines as typed. Raises NoteEmpty, NoteUnfit."""
    words = "\n".join(line.rstrip() for line in typed.strip().splitlines())
    if not words:
        raise NoteEmpty("Write the note first.")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" for c in words):
        raise NoteUnfit("The note holds characters that cannot be read.")
    if len(words) > LONGEST:
        raise NoteUnfit(f"Keep the note to {LONGEST:,} characters; this one has {len(words):,}.")
    return words
