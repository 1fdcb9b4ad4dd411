"""The letter before a visit: what to have ready and who comes, with the letter for families and the note for staff as
text to paste and as a page each to print, and a link that stops such letters."""

from dataclasses import dataclass
from datetime import datetime

from outreach.post import links
from outreach.post.letters import PREVIEW_TOKEN
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, LetterVisit, Rendered, Sender, facts_of, render, settings
from outreach.post.writing import mint, organizer, page_of, put

KIND = "before the visit"

HEADING, PARAGRAPH, POINTS = "heading", "paragraph", "points"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A heading, a paragraph or a list, line by line."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page for families, or for staff: the school's own, with the partnership's name. `facts` and `ring` are
    (label, words); `signed`: name and role, '' where nobody is named; `foot`: its last line."""

    title: str
    school_name: str
    school_address: str
    school_phone: str
    partnership_name: str
    written_on: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    ring_title: str
    ring: tuple[tuple[str, str], ...]
    signed: tuple[str, str]
    foot: str

    def opening(self) -> tuple[Block, ...]:
        """What stands before the facts: all up to the first heading."""
        first = next((n for n, block in enumerate(self.blocks) if block.kind == HEADING), len(self.blocks))
        return self.blocks[:first]

    def rest(self) -> tuple[Block, ...]:
        return self.blocks[len(self.opening()) :]


@dataclass(frozen=True, kw_only=True)
class BeforeVisit:
    """What the letter says besides the visit's facts. `brought_by`: the company; None for `families` and `staff`
    where a show is for adults. `questions`: how many its pupils are asked, in a word; '' for none."""

    subject: str
    blocks: tuple[Block, ...]
    brought_by: str
    families: Sheet | None
    staff: Sheet | None
    questions: str = ""


def before_visit(
    words: BeforeVisit,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    stop_token: str,
    now: datetime,
    expires_at: datetime,
) -> Letter:
    """An answer by mail comes in at the visit's own address. `stop_token` opens the page that stops these letters."""
    minted = mint(visit, to, sender, now=now, expires_at=expires_at)
    stop = links.no_reminders_page(settings().public_url, stop_token)
    return put(
        _rendered(words, visit, to, sender, token=minted.token, stop=stop, now=now),
        to,
        sender,
        stream=visit.uid,
        kind=KIND,
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
        give_up_at=visit.starts_at,
        unsubscribe=stop,
    )


def preview(
    words: BeforeVisit, visit: LetterVisit, to: Addressee, sender: Sender, *, now: datetime
) -> Rendered:
    """The very letter that before_visit() would send, with stand-ins for its links. Writes nothing."""
    stop = links.no_reminders_page(settings().public_url, PREVIEW_TOKEN)
    return _rendered(words, visit, to, sender, token=PREVIEW_TOKEN, stop=stop, now=now)


def _rendered(
    words: BeforeVisit,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    token: str,
    stop: str,
    now: datetime,
) -> Rendered:
    here = settings().public_url
    *facts, reference = facts_of(visit, now)
    return render(
        "before_visit",
        words.subject,
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=page_of(token),
        now=now,
        words=words,
        facts=[*facts, ("Brought by", words.brought_by), reference],
        families_page=links.families_page(here, token, visit.reference),
        staff_page=links.staff_page(here, token, visit.reference),
        questions_page=links.questions_page(here, token, visit.reference),
        stop=stop,
    )
