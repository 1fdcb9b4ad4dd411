"""Words of a partnership before a visit: two reminders, the letter for families and the note for staff. Versions are
only added; the newest holds, and what was sent stays as it was sent."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.post import copies, placeholders
from outreach.post.before_visit import HEADING, PARAGRAPH, POINTS, Block
from outreach.tour.programmes import Programme

WEEK, DAY, FAMILIES, STAFF = "week", "day", "families", "staff"
NAMES = {
    WEEK: "Reminder a week before",
    DAY: "Reminder a school day before",
    FAMILIES: "Letter for families",
    STAFF: "Note for staff",
}

LONGEST_TITLE, LONGEST = 120, 2000
"""Characters of a title and of the words: a letter for families is to stand on one page of A4."""

PLACEHOLDERS = {
    "school": "the school’s name",
    "programme": "the play’s title",
    "about": "what the programme says of the play",
    "year groups": "who sees it: Years 8 and 9",
    "date": "the day of the show",
    "time": "from when to when",
    "place": "the hall, or the school that hosts it",
    "answer by": "until when families answer: two school days before",
    "company": "the company’s name",
    "partnership": "your partnership’s name",
    "contact": "whom to ask, with the number",
}
"""All that there are, and what each becomes."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """`title`: the subject of a reminder, the head of a page."""

    title: str
    words: str


ORIGINALS = {
    WEEK: Words(
        title="‘{programme}’ on {date}: what to have ready",
        words="""{school} will see ‘{programme}’ on {date}, {time}. What to have ready stands below.

Please send the letter below to families this week, so that they can answer by {answer by}, and give the note to the \
staff who will be there. Each is text to paste and one page to print.""",
    ),
    DAY: Words(
        title="‘{programme}’ on {date}, {time}: last things",
        words="""{school} will see ‘{programme}’ on {date}, {time}.

Is the hall free and unlocked, and does whoever meets the company know? Your safeguarding lead should be in school all \
day. If something has changed, ring {contact}.""",
    ),
    FAMILIES: Words(
        title="Your child will see a play about staying safe",
        words="""Dear parent or carer,

{year groups} will see ‘{programme}’, brought to us by {company}. A discussion follows. Teachers stay with their \
classes, and whoever finds it hard may leave at any time, with an adult.

# What they will see
{about}

# How you can help
* Ask what they made of it. Listen first.
* Tell them they can always come to you, whatever happened.
* If something worries you, say so to us. You need not be sure.

# If you would rather they did not see it
Tell us by {answer by}. You need give no reason. They will have a lesson instead. If you would like to know more about \
the play first, ask us, or {contact} at the partnership that brings it to schools.""",
    ),
    STAFF: Words(
        title="‘{programme}’: a note for staff",
        words="""{year groups} will see ‘{programme}’, brought by {company}. A discussion follows.

# On the day
* Sit with your class, and stay to the end of the discussion.
* A pupil may leave at any time. Let an adult go along.
* Phones away, except for the questionnaire if there is one.

# If a pupil speaks up
* Listen. Do not promise to keep it secret, and do not question them.
* Tell our safeguarding lead the same day, by our own procedure.
* Write no name into any form or letter about this visit.

# Afterwards
Some pupils speak up days later. Tell them again whom they can come to, and take the subject up in a lesson.""",
    ),
}
"""What stands until a coordinator writes other words."""

OF_STAFF = {
    WEEK: Words(
        title=ORIGINALS[WEEK].title,
        words="""Staff of {school} come to ‘{programme}’ on {date}, {time}. What to have ready stands below.

Please tell everybody who comes this week.""",
    ),
    DAY: Words(
        title=ORIGINALS[DAY].title,
        words="""Staff of {school} come to ‘{programme}’ on {date}, {time}: {place}.

Does everybody who comes know? Where it is with you: is the room open, and does somebody meet the company? If \
something has changed, ring {contact}.""",
    ),
}
"""The reminders of a programme for adults; it writes to no family."""


class VisitText(Base, OfPartnership):
    """One version of one text, from `recorded_at` on; rows are only added, the newest holds."""

    __tablename__ = "visit_text"
    __table_args__ = (
        Index("ix_visit_text_newest", "partnership_id", "kind", "id"),
        CheckConstraint("kind IN ('week', 'day', 'families', 'staff')", name="kind"),
        CheckConstraint("title <> '' AND words <> ''", name="said"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class NoSuchText(NoSuch):
    pass


class TextUnfit(Refusal):
    """Nothing at all, too long, with characters that cannot be read, or with a school's own link."""


def all_of(partnership_id: int) -> dict[str, Words]:
    """The words that hold, by kind; one query."""
    found = newest(partnership_id)
    return ORIGINALS | {kind: Words(title=row.title, words=row.words) for kind, row in found.items()}


def of_programme(programme: Programme) -> dict[str, Words]:
    """The words by kind that its schools are sent: what coordinators write speaks of pupils."""
    return OF_STAFF if programme.for_adults else all_of(programme.partnership_id)


def newest(partnership_id: int) -> dict[str, VisitText]:
    """The newest version of each text that was written at all, by kind; one query."""
    rows = db.session.scalars(
        select(VisitText)
        .where(
            VisitText.id.in_(
                select(func.max(VisitText.id))
                .where(VisitText.partnership_id == partnership_id)
                .group_by(VisitText.kind)
            )
        )
        .order_by(VisitText.id)
    )
    return {row.kind: row for row in rows}


def versions(partnership_id: int, kind: str) -> Sequence[VisitText]:
    """Every version that was written, the newest first."""
    return db.session.scalars(
        select(VisitText)
        .where(VisitText.partnership_id == partnership_id, VisitText.kind == kind)
        .order_by(VisitText.id.desc())
    ).all()


def check_kind(kind: str) -> str:
    """Raises NoSuchText."""
    if kind not in ORIGINALS:
        raise NoSuchText("There is no such text.")
    return kind


def fit(typed: Words) -> Words:
    """As it would be kept. Raises TextUnfit, PlaceholderUnfit."""
    title = " ".join(typed.title.split())
    words = "\n".join(line.rstrip() for line in typed.words.strip().splitlines())
    for name, said, longest in (("title", title, LONGEST_TITLE), ("words", words, LONGEST)):
        if not said:
            raise TextUnfit("Write the words." if name == "words" else "Write the title.", field=name)
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" for c in said):
            raise TextUnfit("It holds characters that cannot be read.", field=name)
        if len(said) > longest:
            raise TextUnfit(f"Keep it to {longest:,} characters; this has {len(said):,}.", field=name)
        placeholders.check(said, name, PLACEHOLDERS)
        if copies.mask(said) != said:
            raise TextUnfit("That is one school’s own link. Each letter brings its own.", field=name)
    return Words(title=title, words=words)


def write(partnership: Partnership, kind: str, typed: Words, *, who: str, now: datetime) -> None:
    """These words from now on; the same again leaves nothing. Raises NoSuchText, TextUnfit, PlaceholderUnfit."""
    typed = fit(typed)
    partnerships.lock(partnership.id)
    before = all_of(partnership.id)[check_kind(kind)]
    if typed == before:
        return
    db.session.add(
        VisitText(
            partnership_id=partnership.id,
            kind=kind,
            title=typed.title,
            words=typed.words,
            recorded_at=now,
            who=who,
        )
    )
    history.record(deed(kind), partnership, who=who, now=now)
    db.session.flush()


def deed(kind: str) -> str:
    """The deed in the partnership's history that dates each change of a text."""
    return f"wrote the {NAMES[kind].lower()} anew"


def title_of(words: Words, values: Mapping[str, str]) -> str:
    return placeholders.filled(words.title, values)


def blocks_of(words: Words, values: Mapping[str, str]) -> tuple[Block, ...]:
    """The words with their values in place: ‘# ’ begins a heading, ‘* ’ a point, an empty line a paragraph. What has
    nothing to say is left out, and with it its heading."""
    found: list[Block] = []
    for line in (*words.words.splitlines(), ""):
        said = placeholders.filled(line, values).strip()
        if line.startswith("# "):
            found.append(Block(kind=HEADING, lines=(said.removeprefix("# "),)))
        elif line.startswith(("* ", "- ")):
            _put(found, POINTS, said[2:])
        elif said:
            _put(found, PARAGRAPH, said)
        elif not line.strip():
            found.append(Block(kind="", lines=()))
    spoken = [block for block in found if block.lines]
    return tuple(
        block
        for block, after in zip(spoken, [*spoken[1:], None], strict=True)
        if block.kind != HEADING or (after is not None and after.kind != HEADING)
    )


def _put(found: list[Block], kind: str, line: str) -> None:
    """One more line of the block in hand, or the first of another."""
    if found and found[-1].kind == kind:
        found[-1] = Block(kind=kind, lines=(*found[-1].lines, line))
    else:
        found.append(Block(kind=kind, lines=(line,)))
