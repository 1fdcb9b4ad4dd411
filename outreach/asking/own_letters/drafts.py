"""Drafts of letters in a coordinator's own words, and the letters made of them: to which schools, kept until sent."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import organisations, partnerships
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.audience import FIRST_OF_BODIES
from outreach.ground.db import Base, Instant, OfPartnership, db, key_within_partnership
from outreach.ground.errors import NoSuch, Refusal
from outreach.post import copies, placeholders
from outreach.tour.programmes import Programme

LONGEST_SUBJECT, LONGEST = 150, 5000
"""Characters of a subject, and of the words."""

MOST = 1000
"""Schools of one letter: more than that nobody reads through before saying yes."""


class OwnLetter(Base, OfPartnership):
    """A letter in a coordinator's own words: a draft until it is sent, and then as it was sent. Withdrawn, none of it
    went.

    `form_key` is the form's, so that one sent twice makes one draft; `edition` rises whenever the draft is another;
    `to_declined`: schools that said no get it, too.
    """

    __tablename__ = "own_letter"
    in_history = ("own letter", "id")
    __table_args__ = (
        UniqueConstraint("id", "partnership_id"),
        UniqueConstraint("partnership_id", "form_key"),
        key_within_partnership("programme_id", "programme"),
        CheckConstraint(
            "(sent_at IS NULL) = (sent_by IS NULL) AND (sent_at IS NULL) = (goes_at IS NULL)", name="sent"
        ),
        CheckConstraint("sent_at IS NULL OR (subject <> '' AND words <> '')", name="said"),
        CheckConstraint("withdrawn_at IS NULL OR sent_at IS NOT NULL", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(index=True)
    form_key: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    to_declined: Mapped[bool]
    edition: Mapped[int] = mapped_column(default=1)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_by: Mapped[str | None] = mapped_column(Text)
    goes_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class OwnLetterTo(Base, OfPartnership):
    """One school of such a letter: of a draft, that it is meant for it; once sent, its letter, or why it got none."""

    __tablename__ = "own_letter_to"
    __table_args__ = (
        key_within_partnership("own_letter_id", "own_letter"),
        key_within_partnership("letter_id", "letter"),
        CheckConstraint("letter_id IS NULL OR why = ''", name="why"),
        CheckConstraint("link_id IS NULL OR letter_id IS NOT NULL", name="link"),
    )

    own_letter_id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.organisation_id"), primary_key=True, index=True
    )
    letter_id: Mapped[int | None] = mapped_column(unique=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("personal_link.id"), unique=True)
    why: Mapped[str] = mapped_column(Text, default="")


class NoSuchOwnLetter(NoSuch):
    pass


class WordsMissing(Refusal):
    """No subject, or no words."""


class WordsUnfit(Refusal):
    """Too long, with characters that cannot be read, or with one school's own link."""

    of_asked = True


class LetterHasGone(Refusal):
    """A draft that was sent is none any more."""

    field = "subject"

    def __init__(self, letter: OwnLetter, rest: str = "Nothing of it was changed.") -> None:
        super().__init__(f"{letter.sent_by} has sent this letter. {rest}")


class NobodyMeant(Refusal):
    """A letter to no school, or to too many."""

    field = "subject"
    of_asked = True


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What stands in the form of a draft."""

    subject: str
    words: str
    to_declined: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnLetterInList:
    """A draft, or a letter that was sent, as a list shows it: to how many schools and how many bodies."""

    letter: OwnLetter
    schools: int
    bodies: int


def tidied(typed: Typed) -> Typed:
    """As it is kept: a subject of one line, no blanks at the ends of lines. Raises WordsUnfit."""
    subject = " ".join(typed.subject.split())
    words = "\n".join(line.rstrip() for line in typed.words.strip().splitlines())
    for name, said, longest in (("subject", subject, LONGEST_SUBJECT), ("words", words, LONGEST)):
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" for c in said):
            raise WordsUnfit("It holds characters that cannot be read.", field=name)
        if len(said) > longest:
            raise WordsUnfit(f"Keep it to {longest:,} characters; this has {len(said):,}.", field=name)
    return Typed(subject=subject, words=words, to_declined=typed.to_declined)


def check(typed: Typed) -> None:
    """Whether this could be a letter. Raises WordsMissing, WordsUnfit or PlaceholderUnfit."""
    if not typed.subject:
        raise WordsMissing("Write the subject.", field="subject")
    if not typed.words:
        raise WordsMissing("Write the letter.", field="words")
    for name, said in (("subject", typed.subject), ("words", typed.words)):
        placeholders.check(said, name)
        if copies.mask(said) != said:
            raise WordsUnfit(
                "That is one school’s own link. Write {booking link}, and each school gets its own.",
                field=name,
            )


def keep(
    programme: Programme,
    organisation_ids: Collection[int],
    typed: Typed,
    *,
    form_key: str,
    who: str,
    now: datetime,
) -> OwnLetter:
    """A draft for some schools, as far as it is written; the same form sent twice is one draft, as it was sent last.

    Schools of another partnership are passed over. Raises WordsUnfit, NobodyMeant, LetterHasGone.
    """
    typed = tidied(typed)
    partnerships.lock(programme.partnership_id)
    found = db.session.scalar(
        select(OwnLetter).where(
            OwnLetter.partnership_id == programme.partnership_id, OwnLetter.form_key == form_key
        )
    )
    if found is not None:
        return change(found, typed, who=who, now=now)
    ours = [
        organisation.organisation_id
        for organisation in our_organisations(programme.partnership_id, organisation_ids)
    ]
    if not ours:
        raise NobodyMeant("Choose at least one school to write to.")
    if len(ours) > MOST:
        raise NobodyMeant(
            f"That would be {len(ours):,} schools; at most {MOST:,} can be written to at a time."
        )
    letter = OwnLetter(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        form_key=form_key,
        subject=typed.subject,
        words=typed.words,
        to_declined=typed.to_declined,
        recorded_at=now,
        who=who,
        changed_at=now,
        changed_by=who,
    )
    db.session.add(letter)
    db.session.flush()
    db.session.add_all(
        OwnLetterTo(
            own_letter_id=letter.id, partnership_id=letter.partnership_id, organisation_id=organisation_id
        )
        for organisation_id in ours
    )
    history.record("drafted", letter, who=who, now=now)
    db.session.flush()
    return letter


def change(letter: OwnLetter, typed: Typed, *, who: str, now: datetime) -> OwnLetter:
    """The draft as it is typed now. Raises WordsUnfit, LetterHasGone."""
    typed = tidied(typed)
    lock(letter)
    if letter.sent_at is not None:
        raise LetterHasGone(letter, "What you typed is kept here; write a new letter for it.")
    if typed != typed_in(letter):
        letter.subject, letter.words, letter.to_declined = typed.subject, typed.words, typed.to_declined
        letter.edition += 1
        letter.changed_at, letter.changed_by = now, who
        history.record("changed", letter, who=who, now=now)
        db.session.flush()
    return letter


def leave_out(letter: OwnLetter, organisation_id: int) -> None:
    """The draft is not for that school. Raises LetterHasGone, NobodyMeant for the last one."""
    lock(letter)
    if letter.sent_at is not None:
        raise LetterHasGone(letter)
    meant = organisation_ids_of(letter)
    if meant == [organisation_id]:
        raise NobodyMeant("It is the only school of this letter. Throw the draft away instead.")
    if organisation_id in meant:
        db.session.execute(
            delete(OwnLetterTo).where(
                OwnLetterTo.own_letter_id == letter.id, OwnLetterTo.organisation_id == organisation_id
            )
        )
        letter.edition += 1
        db.session.flush()


def remove(letter: OwnLetter) -> None:
    """The draft is thrown away. Raises LetterHasGone."""
    lock(letter)
    if letter.sent_at is not None:
        raise LetterHasGone(letter)
    db.session.execute(delete(OwnLetterTo).where(OwnLetterTo.own_letter_id == letter.id))
    db.session.delete(letter)
    db.session.flush()


def typed_in(letter: OwnLetter) -> Typed:
    return Typed(subject=letter.subject, words=letter.words, to_declined=letter.to_declined)


def find(letter_id: int, partnership_id: int) -> OwnLetter:
    """A partnership's own; raises NoSuchOwnLetter for another's or none."""
    found = db.session.get(OwnLetter, letter_id) if letter_id < 2**31 else None
    if found is None or found.partnership_id != partnership_id:
        raise NoSuchOwnLetter("There is no such letter here.")
    return found


def lock(letter: OwnLetter) -> None:
    """Whoever changes, sends or takes back one letter queues here, and reads it as it stands then."""
    db.session.refresh(letter, with_for_update=True)


def organisations_of(letter: OwnLetter) -> list[Organisation]:
    """For whom it is meant, by name; one query."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(OwnLetterTo, OwnLetterTo.organisation_id == Organisation.organisation_id)
            .where(OwnLetterTo.own_letter_id == letter.id)
            .order_by(func.lower(Organisation.name), Organisation.organisation_id)
        )
    )


def our_organisations(partnership_id: int, organisation_ids: Collection[int]) -> list[Organisation]:
    """Those of a list that are the partnership's own, by name; one query."""
    return list(
        db.session.scalars(
            select(Organisation)
            .where(
                Organisation.organisation_id.in_(set(organisation_ids)), organisations.ours(partnership_id)
            )
            .order_by(func.lower(Organisation.name), Organisation.organisation_id)
        )
    )


def organisation_ids_of(letter: OwnLetter) -> list[int]:
    return list(
        db.session.scalars(
            select(OwnLetterTo.organisation_id)
            .where(OwnLetterTo.own_letter_id == letter.id)
            .order_by(OwnLetterTo.organisation_id)
        )
    )


def drafts(partnership_id: int) -> list[OwnLetterInList]:
    """What is begun and not sent, the last changed first; one query."""
    return _listed(partnership_id, sent=False)


def sent(partnership_id: int) -> list[OwnLetterInList]:
    """What was sent, the newest first; one query."""
    return _listed(partnership_id, sent=True)


def _listed(partnership_id: int, *, sent: bool) -> list[OwnLetterInList]:
    # Of what was sent only those count that got a letter.
    one = OwnLetterTo.letter_id if sent else OwnLetterTo.organisation_id
    is_body = OwnLetterTo.organisation_id >= FIRST_OF_BODIES
    rows = db.session.execute(
        select(OwnLetter, func.count(one).filter(~is_body), func.count(one).filter(is_body))
        .join(OwnLetterTo, OwnLetterTo.own_letter_id == OwnLetter.id)
        .where(
            OwnLetter.partnership_id == partnership_id,
            OwnLetter.sent_at.is_not(None) if sent else OwnLetter.sent_at.is_(None),
        )
        .group_by(OwnLetter.id)
        .order_by(OwnLetter.sent_at.desc() if sent else OwnLetter.changed_at.desc(), OwnLetter.id.desc())
    )
    return [
        OwnLetterInList(letter=letter, schools=schools, bodies=bodies) for letter, schools, bodies in rows
    ]
