"""The letter that pupils can answer: until when, and where the poster, the slide and the form on paper are."""

from dataclasses import dataclass
from datetime import date, datetime

from outreach.ground import wording
from outreach.ground.timespans import day_of
from outreach.post import links
from outreach.post.outbox import Letter
from outreach.post.stationery import Addressee, LetterVisit, Rendered, Sender, render, settings
from outreach.post.writing import mint, organizer, page_of, put

KIND = "questions for pupils"


@dataclass(frozen=True, kw_only=True)
class QuestionsOpen:
    """`wave`: which of the three, as it stands in an address; `number`: how many questions; `last_day`: the last on
    which they are answered; `later`: the show was months ago."""

    wave: str
    number: int
    last_day: date
    closes_at: datetime
    later: bool


def questions_open(
    words: QuestionsOpen,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    stop_token: str,
    now: datetime,
) -> Letter:
    """It is given up once the wave is over, and its link ends then. `stop_token` opens the page that stops these
    letters."""
    token = mint(visit, to, sender, now=now, expires_at=words.closes_at).token
    rendered = words_of(words, visit, to, sender, token=token, stop_token=stop_token, now=now)
    return put(
        rendered,
        to,
        sender,
        stream=visit.uid,
        kind=KIND,
        now=now,
        sender_address=organizer(visit),
        sequence=visit.sequence,
        give_up_at=words.closes_at,
        unsubscribe=links.no_reminders_page(settings().public_url, stop_token),
    )


def words_of(
    words: QuestionsOpen,
    visit: LetterVisit,
    to: Addressee,
    sender: Sender,
    *,
    token: str,
    stop_token: str,
    now: datetime,
) -> Rendered:
    """What questions_open() writes, with the `token` of its link. Writes nothing."""
    here = settings().public_url
    on, until = (wording.day(at, today=day_of(now)) for at in (visit.starts_at, words.last_day))
    return render(
        "questions_open",
        f"‘{visit.programme_title}’, {on}: your pupils can answer until {until}",
        to,
        sender,
        organisation_name=visit.place_name,
        organisation_id=visit.organisation_id,
        page=page_of(token),
        now=now,
        words=words,
        title=visit.programme_title,
        visit=visit,
        poster=links.poster_page(here, token, visit.reference, words.wave),
        questions=links.questions_page(here, token, visit.reference),
        stop=links.no_reminders_page(here, stop_token),
    )
